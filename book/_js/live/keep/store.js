// What this browser keeps for a page. Storage may be full or forbidden: then it is kept as long as the page is open, and said so once.

/** JSON under names, in `localStorage` (for good, for all tabs) or `sessionStorage` (this tab, over a reload). */
export class Store {
  constructor(kind, page, failed) {
    this.prefix = `live:${page}:`;
    this.failed = failed;
    this.memory = new Map();
    try {
      this.storage = window[kind]; // throws where it is forbidden
    } catch {
      this.storage = null;
    }
  }

  get(name) {
    return this.memory.has(name) ? this.memory.get(name) : this.stored(name);
  }

  /** What is kept for all tabs, although this one may have something else in hand that it could not keep. */
  stored(name) {
    try {
      return JSON.parse(this.storage.getItem(this.prefix + name));
    } catch {
      return null; // forbidden, or not ours
    }
  }

  set(name, value) {
    try {
      this.storage.setItem(this.prefix + name, JSON.stringify(value));
      this.memory.delete(name);
      return true;
    } catch (error) {
      this.memory.set(name, value);
      this.failed?.(error);
      return false;
    }
  }

  /** The names that begin so. */
  names(beginning) {
    const all = [...this.#stored.filter((name) => name.startsWith(this.prefix)).map((name) => name.slice(this.prefix.length)), ...this.memory.keys()];
    return [...new Set(all)].filter((name) => name.startsWith(beginning));
  }

  /** All that is kept, as one text. */
  get all() {
    return JSON.stringify(this.names("").sort().map((name) => [name, this.get(name)]));
  }

  get #stored() {
    try {
      return Object.keys(this.storage);
    } catch {
      return []; // forbidden
    }
  }

  remove(name) {
    this.memory.delete(name);
    try {
      this.storage.removeItem(this.prefix + name);
      return true;
    } catch {
      return false; // forbidden: there is nothing to remove
    }
  }
}
