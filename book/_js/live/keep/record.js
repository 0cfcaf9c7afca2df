// What has run in this page's kernel, and as what: kept over a reload, and shared by the tabs that share the kernel.

import { digest } from "../needs.js";

/** Where a cell of the book stands by now that was the one at `index`; `source` names its text. Undefined if it is not there any more, or twice. */
export function placeOf(cells, index, source) {
  const places = cells.flatMap((cell, place) => (digest(cell.source) === source ? [place] : []));
  return places.includes(index) ? index : places.length === 1 ? places[0] : undefined;
}

/** The marks (see needs.js) of the cells that have run in one kernel, and by which requests they have shown something on the page. */
export class Record {
  constructor(store) {
    this.store = store;
  }

  /** From now on the record is about that kernel; returns whether cells have run in it already. */
  begin(kernel) {
    this.kernel = kernel;
    return Object.keys(this.#ran()).length > 0;
  }

  /** The book may have been built anew since the last visit: what is known of a cell goes where it stands now. Returns how many have no place. */
  moveTo(cells) {
    const stored = this.#stored;
    const kept = Object.entries(stored.cells).map(([index, run]) => [placeOf(cells, Number(index), run.source), index, run]);
    const homeless = kept.filter(([place]) => place === undefined);
    const moved = {};
    // Their names are in Python still, but nothing of the page shows them; where another cell stands now, that one counts.
    for (const [, index, run] of homeless) moved[index] = { ...run, request: null };
    for (const [place, , run] of kept) if (place !== undefined) moved[place] = run;
    if (JSON.stringify(moved) !== JSON.stringify(stored.cells)) this.#keep({ ...stored, cells: moved });
    return homeless.filter(([, , { request }]) => request).length;
  }

  /** The kernel of the last visit, and what its cells have shown, in the order of their runs; null if nothing has run. */
  get left() {
    const { kernel, cells } = this.#stored;
    if (!kernel) return null;
    const shown = Object.entries(cells).filter(([, { request }]) => request);
    shown.sort(([, one], [, other]) => one.turn - other.turn);
    return { kernel, shown: shown.map(([index, { request }]) => ({ index: Number(index), request })) };
  }

  /** A kernel has lost all that it knew; what its cells have shown is there until the page is loaded again. */
  forget(kernel = this.kernel) {
    const stored = this.#stored;
    if (stored.kernel !== kernel) return; // another tab may have begun a record of the next one
    const shown = Object.entries(stored.cells).filter(([, { request }]) => request);
    this.#keep({ kernel: null, cells: {}, lost: [...stored.lost, ...shown.map(([index]) => Number(index))] });
  }

  /** Whether a cell has begun to run in a kernel since a moment (milliseconds of the clock). */
  hasRunSince(time, index, of) {
    const { kernel, cells } = this.#stored;
    return kernel === of && cells[index]?.began > time;
  }

  /** Nobody can be asked for what a cell shows. */
  lose(index) {
    const stored = this.#stored;
    this.#keep({ ...stored, lost: [...stored.lost, index] });
  }

  /** How many cells have shown what is lost by now. */
  get lost() {
    return new Set(this.#stored.lost).size;
  }

  /** The reader knows of it. */
  forgetLost() {
    this.#keep({ ...this.#stored, lost: [] });
  }

  /** How a cell last ran in this kernel: its mark, its turn, the names that it bound and imported. */
  of(index) {
    return this.#ran()[index];
  }

  mark(index) {
    return this.of(index)?.mark;
  }

  /**
   * A cell has run: its `mark`, empty if it has to run again for those that need it; `stopped`, in words, if it did not come to its end; the
   * names that it `binds` and `imports`; when it `began`; the `request` by which the page shows something of it, undefined if it shows what it did before; and
   * `source`, which names the author's text of the cell.
   */
  add(index, run) {
    const cells = this.#ran();
    const turn = 1 + Math.max(0, ...Object.values(cells).map((other) => other.turn));
    const request = run.request ?? cells[index]?.request;
    const lost = this.#stored.lost.filter((other) => !run.request || other !== index);
    this.#keep({ kernel: this.kernel, cells: { ...cells, [index]: { ...run, turn, request } }, lost });
  }

  /** The page does not show any more what a cell has shown; without an index, what any has. */
  unshow(index) {
    const { kernel, cells, lost } = this.#stored;
    const hides = (other) => index === undefined || Number(other) === index;
    const left = Object.entries(cells).map(([other, run]) => [other, hides(other) ? { ...run, request: null } : run]);
    this.#keep({ kernel, cells: Object.fromEntries(left), lost: lost.filter((other) => !hides(other)) });
  }

  #ran() {
    const stored = this.#stored;
    return stored.kernel === this.kernel ? stored.cells : {};
  }

  /** What is kept: a kernel, its cells' runs, and (`lost`) the cells that show what ran in one that is gone. */
  get #stored() {
    const { kernel, cells, lost } = this.store.get("ran") ?? {};
    const runs = Object.entries(cells ?? {}).filter(([, run]) => typeof run?.turn === "number" && Array.isArray(run.binds)); // others are not of this script
    return { kernel: kernel ?? null, cells: Object.fromEntries(runs), lost: Array.isArray(lost) ? lost : [] };
  }

  #keep(stored) {
    if (stored.kernel || stored.lost.length) this.store.set("ran", stored);
    else this.store.remove("ran");
  }
}
