// Tabs of one browser that show the same page share its kernel; this is how they know of each other.

/** Tell the other tabs what runs here, and hear what runs there. */
export class Tabs {
  constructor(page, changed) {
    this.others = new Map(); // name → the number of the cell that runs there, or null
    this.changed = changed;
    this.running = null;
    this.me = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.channel = new BroadcastChannel(`live:${page}`);
    this.channel.onmessage = ({ data }) => this.#hear(data);
    addEventListener("pagehide", () => this.#say("bye"));
    addEventListener("pageshow", (event) => event.persisted && this.#say("hello"));
    this.#say("hello");
  }

  /** Cell number `running` runs here now; null: none. */
  tell(running) {
    if (running === this.running) return;
    this.running = running;
    this.#say("here");
  }

  #say(what) {
    this.channel.postMessage({ what, from: this.me, running: this.running });
  }

  #hear({ what, from, running }) {
    if (what === "bye") this.others.delete(from);
    else this.others.set(from, running);
    if (what === "hello") this.#say("here");
    this.changed();
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
