// What the cells of a page had shown before it was left: the server keeps it as long as it keeps their kernel.

import { el } from "../dom.js";
import { offerUnfinished } from "../explain.js";
import { pause, persist } from "../server.js";
import { livingTabs } from "./resume.js";

const KEPT = "of what cells show, the last 16 MB are kept."; // see run_outputs.py
const MOST_DANGERS = 200;
const SHOWING = "showing:";
const SAFE_MS = 5000; // after which what was brought back has been drawn

/** Notes that something is being shown again: what once ended a tab, or stopped it for good, would do so at every visit. */
export class Guard {
  /** `store` is all tabs'; `tab` is the name of the lock that this one holds as long as it lives (see resume.js). */
  constructor(store, tab) {
    this.store = store;
    this.showing = new Set(); // requests
    this.tab = tab;
    this.mark = SHOWING + tab; // a name for each tab: two that write one list at once would lose a word of it
    addEventListener("pagehide", () => store.remove(this.mark));
  }

  /**
   * Those of some runs that shall not be shown unasked: a tab that showed them has said that it began, but not that it ended.
   *
   * @param {string[]} requests by which they were sent
   */
  async withheld(requests) {
    const alive = await livingTabs();
    const crashed = this.store.names(SHOWING).filter((mark) => !alive.has(mark.slice(SHOWING.length)));
    const shown = crashed.flatMap((mark) => this.store.get(mark));
    for (const mark of crashed) this.store.remove(mark);
    if (crashed.length) this.#note([...this.#dangers, ...shown.filter((request) => requests.includes(request))]);
    return new Set(requests.filter((request) => this.#dangers.includes(request)));
  }

  /** The reader wants to see them all the same. */
  allow(requests) {
    this.#note(this.#dangers.filter((request) => !requests.has(request)));
  }

  /** What some requests have shown will be drawn now. */
  begin(requests) {
    if (!requests.length || !this.tab) return; // without locks nobody can tell a tab that has ended from one that lives
    clearTimeout(this.timer);
    for (const request of requests) this.showing.add(request);
    this.store.set(this.mark, [...this.showing]);
  }

  /** It has been. */
  end() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.showing.clear();
      this.store.remove(this.mark);
    }, SAFE_MS);
  }

  get #dangers() {
    const requests = this.store.get("dangers");
    return Array.isArray(requests) ? requests : [];
  }

  #note(requests) {
    if (requests.length) this.store.set("dangers", [...new Set(requests)].slice(-MOST_DANGERS));
    else this.store.remove("dangers");
  }
}

/**
 * Show it again, where nothing newer is to be seen.
 *
 * @param {{kernel: string, shown: {index: number, request: string, used: Array?}[]}} left see Record
 * @param {RunQueue} queue of the page that shows it
 */
export async function bringBack({ kernel, shown }, queue) {
  const { cells } = queue;
  const { server, runs } = queue.kernel;
  const { heard } = runs;
  const asked = shown.map(({ request: id }) => heard.add({ kernel, id })); // a thread may show something meanwhile
  const kept = await Promise.all(asked.map((run) => persist(() => server.outputs(run))));
  for (const [k, { index, request, used }] of shown.entries()) {
    await pause(0); // a reader may scroll meanwhile
    const cell = cells[index];
    const waits = cell.state === "queued";
    if (queue.record.requestOf(index) !== request || cell.fresh || (cell.state && !waits)) {
      heard.forget(asked[k].id);
      continue;
    }
    const { messages, cut } = kept[k] ?? { messages: [] };
    const allGone = cut && messages.every(({ header }) => ["status", "execute_input", "update_display_data"].includes(header.msg_type));
    const run = cell.begin({ alone: true, earlier: true });
    cell.previous = { dispose: () => heard.forget(asked[k].id) };
    if (cut && !allGone) run.above(el("p", { class: "live-prelude" }, `The beginning of this output is not there any more: ${KEPT}`));
    messages.forEach(run.handle);
    if (!kept[k]) run.fail("What this cell has shown could not be asked for. A reload of the page may help.");
    else if (allGone) run.fail(`What this cell has shown is not there any more: ${KEPT}`);
    else run.end();
    offerUnfinished(queue, cell, used);
    if (!waits) cell.setState(messages.some(({ header }) => header.msg_type === "error") ? "failed" : "done");
    cell.age();
    heard.open(asked[k], run.handle, kept[k]);
  }
}
