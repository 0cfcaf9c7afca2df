// A run that is going on while the page is left or reloaded: what it has shown is kept for this tab, so that it can go on in its place.

import { digest } from "../needs.js";

const MOST_TAKEN = 50;
export const COMES_BACK_MS = 2000; // in which a tab that is reloaded is back
const MOST_CHARACTERS = 1_500_000; // browsers give a page five million, for everything
const KEPT = new Set(["stream", "display_data", "execute_result", "update_display_data", "error", "clear_output"]);

/** The names of the tabs that live: each holds a lock of its name, which its browser takes back from it when it crashes. */
export async function livingTabs() {
  const { held = [] } = (await navigator.locks?.query().catch(() => null)) ?? {};
  return new Set(held.map(({ name }) => name));
}

/** What names a run for all tabs: its request, or, if it has not been sent, a word of its own. */
const nameOf = ({ id, key }) => id ?? key;

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
    addEventListener("pageshow", ({ persisted }) => {
      this.leaving = false;
      if (!persisted || !this.current || this.current.id) return;
      this.store.remove("run"); // it waits here, after all
      this.#share(this.#left.filter((left) => nameOf(left) !== nameOf(this.current)));
    });
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
    this.unsaid = 0;
    if (this.tab) this.#leave({ tab: this.tab, waiting: this.waiting() });
  }

  add(message) {
    const run = this.current;
    if (!run || !KEPT.has(message.header.msg_type)) return;
    const { msg_type, msg_id } = message.header;
    const kept = { header: { msg_type, msg_id }, content: message.content };
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
    if (ended?.id) this.forget(ended);
  }

  /** A run has ended, or cannot be gone on with: no tab shall take it up. */
  forget(run) {
    this.#share(this.#left.filter((left) => nameOf(left) !== nameOf(run)));
    this.#noteTaken(run);
  }

  #noteTaken(run) {
    this.shared.set("taken", [...this.#taken, nameOf(run)].slice(-MOST_TAKEN));
  }

  /** The requests of all runs that were left. */
  get requests() {
    return [this.store.get("run"), ...this.#left].flatMap((run) => run?.id ?? []);
  }

  /** The runs that tabs have left. */
  get #left() {
    const runs = this.shared.get("runs");
    return Array.isArray(runs) ? runs.filter((run) => typeof run?.cell === "number" && typeof run.code === "string") : [];
  }

  /** The names of runs that have been taken up. */
  get #taken() {
    const names = this.shared.get("taken");
    return Array.isArray(names) ? names : [];
  }

  #share(runs) {
    if (runs.length) this.shared.set("runs", runs);
    else if (this.#left.length) this.shared.remove("runs");
  }

  /** The names of the runs that this page has taken up since it was opened. */
  mine = new Set();
  /** How many cells wait behind it: they will not run after a reload. */
  waiting = () => 0;
  /** How many were given up by a reload: of them is told until the first cell is sent again. */
  unsaid = 0;

  #save() {
    const run = this.current;
    if (!run) return;
    const messages = run.messages.map(([, message]) => message);
    const left = { ...run, messages, waiting: this.waiting() + this.unsaid };
    this.store.set("run", left);
    this.#leave({ waiting: left.waiting, leftAt: Date.now() });
  }

  /** Let other tabs know what runs; the server has its messages, as long as it has the kernel. */
  #leave(more) {
    const run = { ...this.current, messages: [], closed: true, ...more };
    this.#share([...this.#left.filter((left) => nameOf(left) !== nameOf(run)), run]);
  }

  /**
   * The runs that were going on when this tab left the page, and when others did, in the order of their beginnings: all but the `withheld` requests
   * are this tab's from now on, until they have ended or are forgotten. `later`: some were left just now, perhaps by a tab that comes back; ask again.
   */
  async take(withheld) {
    const alive = await livingTabs();
    const left = this.store.get("run");
    const own = left && !withheld.has(left.id) && !this.mine.has(nameOf(left)) ? left : null;
    const isOwn = (run) => own && nameOf(run) === nameOf(own);
    const free = this.#left.filter(({ id, tab }) => !alive.has(tab) && !withheld.has(id));
    const others = free.filter((run) => !isOwn(run) && !(Date.now() - run.leftAt < COMES_BACK_MS));
    // Another tab may have taken up what this one left, or have shown it to its end, and newer runs after it.
    const isTaken = this.#left.some((run) => isOwn(run) && alive.has(run.tab)) || this.#taken.includes(own && nameOf(own));
    const runs = own && !isTaken ? [...others, own] : others;
    runs.sort((one, other) => !one.id - !other.id || one.began - other.began);
    const names = new Set(runs.map(nameOf));
    names.forEach((name) => this.mine.add(name));
    if (own && !own.id) this.forget(own); // it begins anew, and once: this tab may have been copied
    if (isTaken || (own && !own.id)) this.store.remove("run");
    // A tab without locks cannot say that it lives: what it takes, it takes for good.
    this.#share(this.#left.flatMap((run) => (!names.has(nameOf(run)) ? [run] : this.tab ? [{ ...run, tab: this.tab, leftAt: undefined }] : [])));
    return { runs, later: free.some((run) => !names.has(nameOf(run))) };
  }
}
