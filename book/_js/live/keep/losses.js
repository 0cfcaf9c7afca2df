// Sentences about what is lost: kept until the reader has closed them, over reloads and for tabs that are opened later.

const SAID = "lost-word:"; // and a name
const MOST = 20;

export class Losses {
  constructor(store, bar) {
    Object.assign(this, { store, bar });
  }

  /** Tell it now, and in pages that are opened later. */
  tell(sentence) {
    const names = this.#names;
    if (!names.some((name) => this.store.get(name) === sentence)) {
      for (const name of names.slice(0, Math.max(0, names.length - MOST + 1))) this.store.remove(name);
      this.store.set(`${SAID}${Date.now()}-${Math.random()}`, sentence);
    }
    this.#show(sentence);
  }

  /** Tell what has not been closed yet. */
  tellAgain() {
    for (const name of this.#names) this.#show(this.store.get(name));
  }

  #show(sentence) {
    this.bar.tellLoss(sentence, () => {
      for (const name of this.#names) if (this.store.get(name) === sentence) this.store.remove(name);
    });
  }

  get #names() {
    return this.store.names(SAID).filter((name) => typeof this.store.get(name) === "string").sort();
  }
}
