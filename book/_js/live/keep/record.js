// What has run in this page's kernel, and as what: kept over a reload, and shared by the tabs that share the kernel. Each cell has an entry of
// its own in the browser's storage: of one list, two tabs that write at once would lose each other's words.

import { digest } from "../needs.js";

const NOWHERE = -1;
const RAN = "ran:"; // and the index of a cell
const LOST = "lost:"; // and the request that showed it

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
    return this.#all.some((run) => run.kernel === kernel);
  }

  /** The book may have been built anew since the last visit: what is known of a cell goes where it stands now. Returns how many have no place. */
  moveTo(cells) {
    const moved = new Map();
    const homeless = [];
    for (const run of this.#all) {
      const place = placeOf(cells, run.index, run.source);
      if (place === undefined) homeless.push(run);
      else moved.set(place, run);
    }
    // Their names are in Python still, but nothing of the page shows them; where another cell stands now, that one counts.
    for (const run of homeless) if (!moved.has(run.index)) moved.set(run.index, { ...run, request: null });
    for (const { index } of this.#all) if (!moved.has(index)) this.store.remove(RAN + index);
    for (const [place, run] of moved) if (place !== run.index || run.request === null) this.#keep(place, { ...run, used: [] });
    for (const { name, index, source } of this.lost) {
      const place = placeOf(cells, index, source) ?? NOWHERE;
      if (place !== index) this.store.set(LOST + name, { index: place, source });
    }
    return homeless.filter(({ request }) => request).length;
  }

  /** The kernel of the last visit, and what its cells have shown, in the order of their runs; null if nothing has run. */
  get left() {
    const runs = this.#all.sort((one, other) => one.turn - other.turn);
    if (!runs.length) return null;
    const { kernel } = runs.at(-1);
    return { kernel, shown: runs.filter((run) => run.request && run.kernel === kernel) };
  }

  /** A kernel has lost all that it knew; what its cells have shown is there until the page is loaded again. */
  forget(kernel = this.kernel) {
    this.#forget((run) => run.kernel === kernel);
  }

  /** A page has one kernel: the others have gone, and what their cells have shown with them. Returns whether there were any. */
  forgetAllBut(kernel) {
    return this.#forget((run) => run.kernel !== kernel);
  }

  #forget(goes) {
    const gone = this.#all.filter(goes);
    for (const { index, request, source } of gone) {
      if (request) this.store.set(LOST + request, { index, source });
      this.store.remove(RAN + index);
    }
    return gone.length > 0;
  }

  /** Whether the page shows something of a cell that has begun to run in a kernel since a moment (milliseconds of the clock). */
  hasShownSince(time, index, kernel) {
    const run = this.#last(index);
    return run !== undefined && run.kernel === kernel && run.shown > time;
  }

  /** Nobody can be asked for what a cell shows by a request that `began` at that time, unless it has run again since, in whatever tab. */
  lose({ number, source }, request, began) {
    if (this.#last(number - 1)?.shown > began) return;
    this.unshow(number - 1); // what it has shown before is not on the page any more
    this.store.set(LOST + request, { index: number - 1, source: digest(source) });
  }

  /** What is lost by now: the request's name, and the cell, whose index is `NOWHERE` if the book does not have it any more. */
  get lost() {
    const all = this.store.names(LOST).map((name) => ({ ...this.store.get(name), name: name.slice(LOST.length) }));
    return all.filter(({ index }) => typeof index === "number");
  }

  /** The reader knows of some of that. */
  forgetLost(lost) {
    for (const { name } of lost) this.store.remove(LOST + name);
  }

  /** How a cell last ran in this kernel: its mark, its turn, the names that it bound and imported. */
  of(index) {
    const run = this.#last(index);
    return run?.kernel === this.kernel ? run : undefined;
  }

  mark(index) {
    return this.of(index)?.mark;
  }

  /**
   * A cell has run: its `mark`, empty if it has to run again for those that need it; `stopped`, in words, if it did not come to its end; the
   * names that it `binds` and `imports`; when it `began`; the `request` by which the page shows something of it, undefined if it shows what it did before;
   * what it `used` that was unfinished (see explain.js); and `source`, which names the author's text of the cell.
   */
  add(index, run) {
    const turn = Math.max(Date.now(), ...this.#all.map((other) => other.turn + 1));
    const shows = run.request ? { request: run.request, shown: run.began } : { request: this.of(index)?.request, shown: this.of(index)?.shown };
    this.#keep(index, { ...run, ...shows, kernel: this.kernel, turn });
    if (run.request) this.#showsOther(index);
  }

  /** The page does not show any more what a cell has shown. */
  unshow(index) {
    const run = this.#last(index);
    if (run) this.#keep(index, { ...run, request: null });
    this.#showsOther(index);
  }

  /** The request by which the page shows something of a cell. */
  requestOf(index) {
    return this.#last(index)?.request;
  }

  /** The last run of a cell, in whatever kernel. */
  #last(index) {
    const run = { ...this.store.get(RAN + index), index };
    const { turn, kernel, binds } = run;
    return typeof turn === "number" && typeof kernel === "string" && Array.isArray(binds) ? run : undefined; // others are not of this script
  }

  #showsOther(index) {
    this.forgetLost(this.lost.filter((lost) => lost.index === index));
  }

  #keep(index, { kernel, mark, stopped, binds, imports, shown, request, used, source, turn }) {
    this.store.set(RAN + index, { kernel, mark, stopped, binds, imports, shown, request, used, source, turn });
  }

  /** The last run of each cell. */
  get #all() {
    const indices = this.store.names(RAN).map((name) => Number(name.slice(RAN.length)));
    return indices.flatMap((index) => this.#last(index) ?? []);
  }
}
