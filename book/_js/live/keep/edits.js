// The reader's own text of cells: kept in this browser until it is reset, also when the book is built anew.

const SETTLE_MS = 150; // a keystroke is written down when the next one does not follow at once

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
    const edits = Object.entries(this.store.get("edits") ?? {});
    const whole = ([, edit]) => typeof edit?.source === "string" && typeof edit.text === "string"; // others are not of this script
    const kept = edits.filter(whole).map(([number, { source, text }]) => ({ number: Number(number), base: source, text }));
    const found = new Map();
    const find = (edit, wanted) => {
      const free = cells.filter((cell) => cell.input && !found.has(cell) && wanted(cell));
      const cell = free.find(({ number }) => number === edit.number) ?? free[0];
      if (cell) found.set(cell, edit);
      return cell;
    };
    const changed = kept.filter((edit) => !find(edit, (cell) => cell.source === edit.base));
    const homeless = changed.filter((edit) => !find(edit, (cell) => cell.number === edit.number));
    if (homeless.length) this.store.set("homeless", [...this.homeless, ...homeless.map(({ text }) => text)]);
    for (const [cell, { text }] of found) this.known.set(cell.number, text);
    if (kept.length) this.#write(Object.fromEntries([...found].map(([cell, { base, text }]) => [cell.number, { source: base, text }])));
    return found;
  }

  /** Texts of cells that the book does not have any more. */
  get homeless() {
    const texts = this.store.get("homeless");
    return Array.isArray(texts) ? texts.filter((text) => typeof text === "string") : [];
  }

  /** Forget those texts; another tab may have put others there since. */
  forgetHomeless(texts) {
    this.store.set("homeless", this.homeless.filter((text) => !texts.includes(text)));
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
    const edits = this.store.get("edits") ?? {}; // read anew: another tab may have written
    const others = [];
    for (const [cell, text] of this.waiting) {
      const there = edits[cell.number]?.text;
      if (there !== undefined && there !== text && there !== this.known.get(cell.number)) others.push(there); // of another tab
      this.known.set(cell.number, text ?? undefined);
      if (text === null) delete edits[cell.number];
      else edits[cell.number] = { source: cell.base ?? cell.source, text };
    }
    this.waiting.clear();
    if (others.length) this.store.set("homeless", [...new Set([...this.homeless, ...others])]);
    this.#write(edits);
  }

  #write(edits) {
    if (Object.keys(edits).length) this.store.set("edits", edits);
    else this.store.remove("edits");
  }
}
