// A run that is going on while the page is left or reloaded: what it has shown is kept for this tab, so that it can go on in its place.

import { digest } from "../needs.js";

const MOST_TAKEN = 50;
export const COMES_BACK_MS = 2000; // in which a tab that is reloaded is back
const MOST_CHARACTERS = 1_500_000; // browsers give a page five million, for everything
const KEPT = new Set(["stream", "display_data", "execute_result", "update_display_data", "error", "clear_output"]);

export class RunLog {
  /** `store` is this tab's; in `shared` is what was left by tabs that were closed, or have gone to another page. */
  constructor(store, shared) {
    this.store = store;
    this.shared = shared;
    this.current = null;
    // A tab that crashes, or that a phone puts away, has no time to save anything; but the browser then gives back its lock.
    this.tab = navigator.locks && crypto.randomUUID();
    navigator.locks?.request(this.tab, () => new Promise(() => {})).catch(() => {});
    addEventListener("pagehide", () => {
      this.#save();
      this.leaving = true; // what fails from now on fails because the page goes: it is no end of the run
    });
    addEventListener("pageshow", () => (this.leaving = false));
  }

  /** A cell begins to run; `aim` is the job that asked for it, if it is another cell's. */
  begin(cell, code, aim) {
    const name = ({ cell, code }) => ({ cell: cell.number, source: digest(cell.source), code });
    this.current = { ...name({ cell, code }), aim: aim && name(aim), key: `${Math.random()}`, began: Date.now(), messages: [], size: 0, cut: false };
  }

  /** Its request has gone to the kernel. */
  sent(kernel, id) {
    if (!this.current) return;
    Object.assign(this.current, { kernel, id });
    if (this.tab) this.#leave({ tab: this.tab, waiting: this.waiting() });
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
    if (ended?.id) this.#share(this.#left.filter(({ id }) => id !== ended.id));
  }

  /** The runs that tabs have left. */
  get #left() {
    return this.shared.get("runs") ?? [];
  }

  #share(runs) {
    if (runs.length) this.shared.set("runs", runs);
    else if (this.#left.length) this.shared.remove("runs");
  }

  /** How many cells wait behind it: they will not run after a reload. */
  waiting = () => 0;

  #save() {
    const run = this.current;
    if (!run) return;
    const messages = run.messages.map(([, message]) => message);
    const left = { ...run, messages, waiting: this.waiting() };
    this.store.set("run", left);
    if (run.id) this.#leave({ waiting: left.waiting, leftAt: Date.now() });
  }

  /** Let other tabs know what runs; the server has its messages, as long as it has the kernel. */
  #leave(more) {
    const run = { ...this.current, messages: [], closed: true, ...more };
    this.#share([...this.#left.filter(({ id }) => id !== run.id), run]);
  }

  /**
   * The runs that were going on when this tab left the page, and when others did, in the order of their beginnings.
   * `later`: some were left just now, perhaps by a tab that comes back; ask again.
   */
  async take() {
    const { held = [] } = (await navigator.locks?.query().catch(() => null)) ?? {};
    const alive = new Set(held.map(({ name }) => name));
    const own = this.store.get("run");
    const free = this.#left.filter(({ tab }) => !alive.has(tab));
    const others = free.filter(({ key, leftAt }) => key !== own?.key && !(Date.now() - leftAt < COMES_BACK_MS));
    const taken = this.shared.get("taken") ?? [];
    // Another tab may have taken up what this one left, and shown it to its end, and newer runs after it.
    const mine = own && (free.some(({ key }) => key === own.key) || !taken.includes(own.key)) ? [own] : [];
    const runs = [...others, ...mine].sort((one, other) => !one.id - !other.id || one.began - other.began);
    const keys = runs.map(({ key }) => key);
    this.store.remove("run");
    this.#share(this.#left.filter(({ key }) => !keys.includes(key)));
    if (keys.length) this.shared.set("taken", [...taken, ...keys].slice(-MOST_TAKEN));
    return { runs, later: free.length > free.filter(({ key }) => keys.includes(key)).length };
  }
}
