// A run that is going on while the page is left or reloaded: what it has shown is kept for this tab, so that it can go on in its place.

const MOST_CHARACTERS = 1_500_000; // browsers give a page five million, for everything
const KEPT = new Set(["stream", "display_data", "execute_result", "update_display_data", "error", "clear_output"]);

export class RunLog {
  /** `store` is this tab's; in `shared` is what was left by a tab that was closed. */
  constructor(store, shared) {
    this.store = store;
    this.shared = shared;
    this.current = null;
    addEventListener("pagehide", () => {
      this.#save();
      this.leaving = true; // what fails from now on fails because the page goes: it is no end of the run
    });
    addEventListener("pageshow", () => (this.leaving = false));
  }

  /** A cell begins to run; `aim` is the one that asked for it, if it is another. */
  begin(cell, code, aim) {
    this.current = { cell: cell.number, code, aim: aim?.number, messages: [], size: 0, cut: false };
  }

  /** Its request has gone to the kernel. */
  sent(kernel, id) {
    if (this.current) Object.assign(this.current, { kernel, id });
  }

  add(message) {
    const run = this.current;
    if (!run || !KEPT.has(message.header.msg_type)) return;
    const { msg_type, msg_id } = message.header;
    const kept = { header: { msg_type, msg_id }, content: message.content };
    const size = JSON.stringify(kept).length;
    run.messages.push([size, kept]);
    run.size += size;
    while (run.size > MOST_CHARACTERS && run.messages.length > 1) {
      run.size -= run.messages.shift()[0];
      run.cut = true;
    }
  }

  end() {
    const ended = this.current;
    this.current = null;
    if (this.leaving) return;
    this.store.remove("run");
    if (ended?.id && this.shared.get("run")?.id === ended.id) this.shared.remove("run"); // not what a closed tab has left
  }

  /** How many cells wait behind it: they will not run after a reload. */
  waiting = () => 0;

  #save() {
    const run = this.current;
    if (!run) return;
    const messages = run.messages.map(([, message]) => message);
    const left = { ...run, messages, waiting: this.waiting() };
    this.store.set("run", left);
    if (run.id) this.shared.set("run", { ...left, messages: [], closed: true }); // the server has the messages, as long as it has the kernel
  }

  /** The run that was going on when this tab left the page; null if there was none. */
  take() {
    const run = this.store.get("run") ?? this.shared.get("run");
    for (const store of [this.store, this.shared]) store.remove("run");
    return run;
  }
}
