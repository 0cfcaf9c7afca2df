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
    const stored = this.store.get("ran");
    if (!stored) return 0;
    const kept = Object.entries(stored.cells).map(([index, run]) => [placeOf(cells, Number(index), run.source), index, run]);
    const homeless = kept.filter(([place]) => place === undefined);
    const moved = {};
    // Their names are in Python still, but nothing of the page shows them; where another cell stands now, that one counts.
    for (const [, index, run] of homeless) moved[index] = { ...run, request: null };
    for (const [place, , run] of kept) if (place !== undefined) moved[place] = run;
    if (JSON.stringify(moved) !== JSON.stringify(stored.cells)) this.store.set("ran", { ...stored, cells: moved });
    return homeless.filter(([, , { request }]) => request).length;
  }

  /** The kernel of the last visit, and what its cells have shown, in the order of their runs; null if nothing has run. */
  get left() {
    const stored = this.store.get("ran");
    if (!stored) return null;
    const shown = Object.entries(stored.cells).filter(([, { request }]) => request);
    shown.sort(([, one], [, other]) => one.turn - other.turn);
    return { kernel: stored.kernel, shown: shown.map(([index, { request }]) => ({ index: Number(index), request })) };
  }

  /** A kernel has lost all that it knew. */
  forget(kernel = this.kernel) {
    // Another tab may have begun a record of the next one.
    if (this.store.get("ran")?.kernel === kernel) this.store.remove("ran");
  }

  /** How a cell last ran in this kernel: its mark (empty if it failed), its turn, the names that it bound and imported. */
  of(index) {
    return this.#ran()[index];
  }

  mark(index) {
    return this.of(index)?.mark;
  }

  /** A cell has run; `request` is the one by which the page shows something of it: undefined if it shows what it did before, null if that cannot be asked for again; `source` names the author's text of the cell. */
  add(index, mark, { binds, imports }, request, source) {
    const cells = this.#ran();
    const turn = 1 + Math.max(0, ...Object.values(cells).map((run) => run.turn));
    const run = { mark, turn, binds, imports, request: request === undefined ? cells[index]?.request : request, source };
    this.store.set("ran", { kernel: this.kernel, cells: { ...cells, [index]: run } });
  }

  /** The page does not show any more what a cell has shown; without an index, what any has. */
  unshow(index) {
    const stored = this.store.get("ran");
    if (!stored) return;
    const hides = (other) => index === undefined || Number(other) === index;
    const cells = Object.entries(stored.cells).map(([other, run]) => [other, hides(other) ? { ...run, request: null } : run]);
    this.store.set("ran", { ...stored, cells: Object.fromEntries(cells) });
  }

  #ran() {
    const stored = this.store.get("ran");
    return stored && stored.kernel === this.kernel ? stored.cells : {};
  }
}
