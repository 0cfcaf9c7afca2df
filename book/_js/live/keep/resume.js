// A run that is going on while the page is left or reloaded: what it has shown is kept for this tab, so that it can go on in its place.

import { digest } from "../needs.js";

const LEFT = "left:"; // and the name of a run
export const COMES_BACK_MS = 2000; // in which a tab that is reloaded is back
const MOST_CHARACTERS = 1_500_000; // browsers give a page five million, for everything
const KEPT = new Set(["stream", "display_data", "execute_result", "update_display_data", "error", "clear_output"]);

/** The names of the tabs that live: each holds a lock of its name, which its browser takes back from it when it crashes. */
export async function livingTabs() {
  const { held = [] } = (await navigator.locks?.query().catch(() => null)) ?? {};
  return new Set(held.map(({ name }) => name));
}

export class RunLog {
  /** `store` is this tab's; in `shared` is what runs in the tabs, and what was left by those that were closed, or have gone to another page. */
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
    addEventListener("pageshow", ({ persisted }) => {
      this.leaving = false;
      if (persisted || !this.current) return;
      this.store.remove("run"); // it runs, or waits, here after all
      this.note();
    });
  }

  /**
   * A cell begins to run, or to wait for its turn; `aim` is the job that asked for it, if it is another cell's; `left` the run that it goes on with;
   * `used` what was left unfinished of what it needs (see explain.js).
   */
  begin(cell, code, { aim, left, used } = {}) {
    const name = ({ cell, code }) => ({ cell: cell.number, source: digest(cell.source), code });
    const key = left?.key ?? this.current?.key ?? `${Math.random()}`;
    this.current = { ...name({ cell, code }), aim: aim && name(aim), used, key, began: left?.began ?? Date.now(), messages: [], size: 0, cut: false };
    this.note();
  }

  /** Its request has gone to the kernel. */
  sent(kernel, id) {
    if (!this.current) return;
    Object.assign(this.current, { kernel, id });
    this.note();
  }

  /** Let other tabs know what runs here, and how much waits: this tab may crash. */
  note() {
    if (this.current && this.tab && !this.leaving) this.#leave({ tab: this.tab, waiting: this.waiting() });
  }

  add(message) {
    const run = this.current;
    if (!run || !KEPT.has(message.header.msg_type)) return;
    const { msg_type, msg_id, date } = message.header;
    const kept = { header: { msg_type, msg_id, date }, content: message.content };
    if (msg_type === "update_display_data") this.#dropUpdate(kept.content.transient?.display_id);
    const size = JSON.stringify(kept).length;
    run.messages.push([size, kept]);
    run.size += size;
    while (run.size > MOST_CHARACTERS && run.messages.length > 1) {
      run.size -= run.messages.shift()[0];
      run.cut = true;
    }
  }

  /** Of the updates of a display the last one counts: a moving picture has a thousand. */
  #dropUpdate(display) {
    const { messages } = this.current;
    const k = messages.findIndex(([, { header, content }]) => header.msg_type === "update_display_data" && content.transient?.display_id === display);
    if (k >= 0) this.current.size -= messages.splice(k, 1)[0][0];
  }

  end() {
    const ended = this.current;
    this.current = null;
    if (this.leaving) return;
    this.store.remove("run");
    if (ended) this.forget(ended);
  }

  /** A run has ended, or cannot be gone on with: no tab shall take it up. */
  forget({ key }) {
    this.shared.remove(LEFT + key);
  }

  /** All runs that were left, or go on. */
  get left() {
    const own = this.store.get("run");
    return own ? [own, ...this.#left] : this.#left;
  }

  /** The runs that tabs have left, or are at. */
  get #left() {
    const runs = this.shared.names(LEFT).map((name) => this.shared.get(name));
    return runs.filter((run) => typeof run?.cell === "number" && typeof run.code === "string" && typeof run.key === "string"); // others are not of this script
  }

  /** The names of the runs that this page has taken up since it was opened. */
  mine = new Set();
  /** How many cells wait behind it: they will not run after a reload. */
  waiting = () => 0;

  #save() {
    const run = this.current;
    if (!run) return;
    const messages = run.messages.map(([, message]) => message);
    const waiting = this.waiting();
    const shared = this.#leave({ waiting, leftAt: Date.now() });
    this.store.set("run", { ...run, messages, waiting, unshared: !shared });
  }

  /** Let other tabs take it up; the server has its messages, as long as it has the kernel. */
  #leave(more) {
    return this.shared.set(LEFT + this.current.key, { ...this.current, messages: [], closed: true, ...more });
  }

  /**
   * The runs that were going on when this tab left the page, and when others did, in the order of their beginnings: all but the `withheld` requests
   * are this tab's from now on, until they have ended or are forgotten. `later`: some were left just now, perhaps by a tab that comes back; ask again.
   */
  take(withheld) {
    const take = () => this.#take(withheld);
    return navigator.locks ? navigator.locks.request(`${this.shared.prefix}take`, take) : take(); // two tabs may come at once
  }

  async #take(withheld) {
    const alive = await livingTabs();
    const all = this.#left;
    const kept = this.store.get("run");
    const own = kept?.key && !withheld.has(kept.id) && !this.mine.has(kept.key) ? kept : null;
    const isOwn = ({ key }) => key === own?.key;
    const free = all.filter(({ id, tab }) => !alive.has(tab) && !withheld.has(id));
    const others = free.filter((run) => !isOwn(run) && !(Date.now() - run.leftAt < COMES_BACK_MS));
    // Another tab may have taken up what this one left, or have shown it to its end, and newer runs after it.
    const isTaken = own && !own.unshared && !free.some(isOwn);
    const runs = own && !isTaken ? [...others, own] : others;
    runs.sort((one, other) => !one.id - !other.id || one.began - other.began);
    const keys = new Set(runs.map(({ key }) => key));
    keys.forEach((key) => this.mine.add(key));
    if (own && !own.id) this.forget(own); // it begins anew, and once: this tab may have been copied
    if (isTaken || (own && !own.id)) this.store.remove("run");
    for (const run of all.filter(({ id, key }) => keys.has(key) && (id || !isOwn({ key })))) {
      // A tab without locks cannot say that it lives: what it takes, it takes for good.
      if (this.tab) this.shared.set(LEFT + run.key, { ...run, tab: this.tab, leftAt: undefined });
      else this.forget(run);
    }
    return { runs, later: free.some(({ key }) => !keys.has(key) && !isOwn({ key })) };
  }
}
