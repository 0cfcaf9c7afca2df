// The reader's own text of cells: kept in this browser until it is reset, also when the book is built anew.

const SETTLE_MS = 150; // a keystroke is written down when the next one does not follow at once
const EDIT = "edit:"; // and the number of a cell: each has an entry of its own, as in record.js
const HOMELESS = "homeless:"; // and a name that nothing else has

export class Edits {
  constructor(store) {
    this.store = store;
    this.known = new Map(); // cell number → the text that this tab has last read or written
    this.waiting = new Map(); // cell → its text, not yet written down; null: there is none any more
    addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
  }

  /**
   * Find the cells to which the kept edits belong: a map from cells to { text, base }.
   *
   * `base` is the author's text that an edit started from. It belongs to the cell that still has that text, even if its number is
   * another one now; else to the cell of its number; else to none, and is kept aside (see `homeless`).
   */
  match(cells) {
    const { found, kept, homeless } = this.#find(cells);
    this.#keepAside(homeless.map(({ text }) => text));
    for (const { number } of kept) if (![...found.keys()].some((cell) => cell.number === number)) this.store.remove(EDIT + number);
    for (const [cell, { number, base, text }] of found) {
      this.known.set(cell.number, text);
      if (number !== cell.number) this.store.set(EDIT + cell.number, { source: base, text });
    }
    return found;
  }

  /** The text of one of the cells, and the author's text that it started from. */
  textOf(cell, cells) {
    const { base, text } = this.#find(cells).found.get(cell) ?? { base: cell.source, text: cell.source };
    this.known.set(cell.number, text);
    return { base, text };
  }

  #find(cells) {
    const edits = this.store.names(EDIT).map((name) => ({ number: Number(name.slice(EDIT.length)), ...this.store.get(name) }));
    const whole = ({ source, text }) => typeof source === "string" && typeof text === "string"; // others are not of this script
    const kept = edits.filter(whole).map(({ number, source, text }) => ({ number, base: source, text }));
    const found = new Map();
    const find = (edit, wanted) => {
      const free = cells.filter((cell) => cell.input && !found.has(cell) && wanted(cell));
      const cell = free.find(({ number }) => number === edit.number) ?? free[0];
      if (cell) found.set(cell, edit);
      return cell;
    };
    const changed = kept.filter((edit) => !find(edit, (cell) => cell.source === edit.base));
    const homeless = changed.filter((edit) => !find(edit, (cell) => cell.number === edit.number));
    return { found, kept, homeless };
  }

  /** Texts of cells that the book does not have any more. */
  get homeless() {
    return [...this.#homeless.values()];
  }

  get #homeless() {
    const kept = this.store.names(HOMELESS).map((name) => [name, this.store.get(name)]);
    return new Map(kept.filter(([, text]) => typeof text === "string"));
  }

  #keepAside(texts) {
    for (const text of new Set(texts)) if (!this.homeless.includes(text)) this.store.set(HOMELESS + Math.random(), text);
  }

  /** Forget those texts; another tab may have put others there since. */
  forgetHomeless(texts) {
    for (const [name, text] of this.#homeless) if (texts.includes(text)) this.store.remove(name);
  }

  /** Keep a cell's text, beside the author's text that it started from. */
  keep(cell, text) {
    this.waiting.set(cell, text);
    this.timer ??= setTimeout(() => this.flush(), SETTLE_MS);
  }

  /** The reader is back at the author's text. */
  drop(cell) {
    this.waiting.set(cell, null);
    this.flush();
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.waiting.size) return;
    for (const [cell, text] of this.waiting) {
      const name = EDIT + cell.number;
      const there = this.store.stored(name)?.text;
      if (typeof there === "string" && there !== text && there !== this.known.get(cell.number)) this.#keepAside([there]); // of another tab
      const written = text === null ? this.store.remove(name) : this.store.set(name, { source: cell.base ?? cell.source, text });
      if (written) this.known.set(cell.number, text ?? undefined);
    }
    this.waiting.clear();
  }
}
