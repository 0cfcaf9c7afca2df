// All that a run has printed, so that it can be saved when the page shows only its end. It is handed over to the browser's store of files
// piece by piece, and costs the page no memory.

import { el } from "../dom.js";

const MOST = 64_000_000; // characters
const PIECE = 1_000_000;

export class Transcript {
  size = 0;
  #pieces = [];
  #latest = [];
  #latestSize = 0;

  add(text) {
    if (this.size <= MOST) {
      this.#latest.push(text);
      this.#latestSize += text.length;
      if (this.#latestSize > PIECE) this.#store();
    }
    this.size += text.length;
  }

  /** All of it as a file. */
  get file() {
    this.#store();
    return new Blob(this.#pieces, { type: "text/plain" });
  }

  /** A line that says what is left out, and a button that saves all of it. */
  notice() {
    const says = el("span");
    const save = el("button", { type: "button", class: "live-link", onclick: () => this.#save() }, "Save all");
    const node = el("p", { class: "live-dropped" }, says, " ", save);
    const say = (sentence) => {
      const limit = this.size > MOST ? ` Only the first ${MOST / 1e6} million characters can be saved.` : "";
      says.textContent = `… ${sentence}${limit}`;
    };
    return { node, say };
  }

  #store() {
    // A pair of surrogates that came in two messages must not be parted here.
    const text = this.#latest.join("");
    const cut = /[\ud800-\udbff]$/.test(text) && this.size <= MOST ? text.length - 1 : text.length;
    this.#pieces.push(new Blob([text.slice(0, cut)]));
    this.#latest = [text.slice(cut)];
    this.#latestSize = text.length - cut;
  }

  #save() {
    const url = URL.createObjectURL(this.file);
    el("a", { href: url, download: "output.txt" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}
