// What the bar says about the kernel: whether there is one, what it is at, and how much waits.

const SENTENCES = { starting: "Starting Python…", waiting: "Waiting for a place…", idle: "Ready" };
const TROUBLE = {
  offline: "The book’s server does not answer. Start it again with “make live”; this page reconnects by itself.",
  locked: "The book’s server has a new key: open the address that it printed, then come back here.",
};

export class Status {
  /** `work()` tells what runs: the cell, the cell that it runs for, whether the kernel is at something of another tab, how many wait. */
  constructor(bar, work) {
    this.bar = bar;
    this.work = work;
    this.state = null;
  }

  /** Whether the kernel can take a cell now or when it is done with another. */
  get reachable() {
    return ["busy", "idle"].includes(this.state);
  }

  /** Show a state: starting, waiting, idle, busy, offline or locked. */
  set(state) {
    const before = this.state;
    this.state = state;
    // A kernel says "idle" between two cells of a queue; the reader need not see it blink.
    if (state === "busy" || (state === "idle" && this.work().cell)) this.bar.setStatus("busy", this.#work());
    else this.bar.setStatus(state, SENTENCES[state] ?? "Not connected");
    if (state === before || !(TROUBLE[state] || TROUBLE[before])) return;
    this.bar.say(TROUBLE[state] ?? "", "problem");
  }

  /** Something else runs or waits now. */
  refresh() {
    if (this.state) this.set(this.state);
  }

  #work() {
    const { cell, aim, elsewhere, waiting } = this.work();
    const doing = elsewhere ? "Python is busy" : `Running cell ${cell?.number}${aim ? ` for cell ${aim.number}` : ""}`;
    const count = waiting + (elsewhere && cell ? 1 : 0);
    return count ? `${doing}, ${count} waiting` : doing;
  }
}
