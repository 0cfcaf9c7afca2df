// Tabs of one browser that show the same page share its kernel; this is how they know of each other.

/** Tell the other tabs what runs here, and hear what runs there. */
export class Tabs {
  /** `changed()` hears that the sentence is another one; `met()` that another tab has another kernel: ours may be gone. */
  constructor(page, { changed, met }) {
    this.others = new Map(); // name → the number of the cell that runs there, or null
    Object.assign(this, { changed, met });
    this.running = null;
    this.me = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.channel = new BroadcastChannel(`live:${page}`);
    this.channel.onmessage = ({ data }) => this.#hear(data);
    addEventListener("pagehide", () => this.#say("bye"));
    addEventListener("pageshow", (event) => event.persisted && this.#say("hello"));
    this.#say("hello");
  }

  /** This tab's kernel is that one now; undefined: there is none yet. */
  meet(kernel) {
    this.kernel = kernel;
    if (kernel) this.#say("here");
  }

  /** Cell number `running` runs here now; null: none. */
  tell(running) {
    if (running === this.running) return;
    this.running = running;
    this.#say("here");
  }

  #say(what) {
    this.channel.postMessage({ what, from: this.me, running: this.running, kernel: this.kernel });
  }

  #hear({ what, from, running, kernel }) {
    if (what === "bye") this.others.delete(from);
    else this.others.set(from, running);
    if (what === "hello") this.#say("here");
    this.changed();
    if (kernel && this.kernel && kernel !== this.kernel) this.met();
  }

  /** A sentence about the other tabs; empty if there are none. */
  get sentence() {
    if (!this.others.size) return "";
    const where = this.others.size === 1 ? "another tab" : `${this.others.size} other tabs`;
    const cells = [...this.others.values()].filter((number) => number !== null);
    const runs = cells.length ? ` Cell ${cells[0]} is running there.` : "";
    return `This page is open in ${where} too; they share one Python and its variables.${runs}`;
  }
}
