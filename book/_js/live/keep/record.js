// What has run in this page's kernel, and as what: kept over a reload, and shared by the tabs that share the kernel.

/** The marks (see needs.js) of the cells that have run in one kernel. */
export class Record {
  constructor(store) {
    this.store = store;
  }

  /** From now on the record is about that kernel; returns whether cells have run in it already. */
  begin(kernel) {
    this.kernel = kernel;
    return Object.keys(this.#ran()).length > 0;
  }

  /** The kernel has lost all that it knew. */
  forget() {
    // Another tab may have begun a record of the next one.
    if (this.store.get("ran")?.kernel === this.kernel) this.store.remove("ran");
  }

  /** How a cell last ran in this kernel: its mark (empty if it failed), its turn, the names that it bound and imported. */
  of(index) {
    return this.#ran()[index];
  }

  mark(index) {
    return this.of(index)?.mark;
  }

  add(index, mark, { binds, imports }) {
    const cells = this.#ran();
    const turn = 1 + Math.max(0, ...Object.values(cells).map((run) => run.turn));
    this.store.set("ran", { kernel: this.kernel, cells: { ...cells, [index]: { mark, turn, binds, imports } } });
  }

  #ran() {
    const stored = this.store.get("ran");
    return stored && stored.kernel === this.kernel ? stored.cells : {};
  }
}
