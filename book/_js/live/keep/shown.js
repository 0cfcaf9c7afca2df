// What the cells of a page had shown before it was left: the server keeps it as long as it keeps their kernel.

import { el } from "../dom.js";
import { pause } from "../server.js";
import { livingTabs } from "./resume.js";

const REFUSED = { messages: [] };

const SAFE_MS = 5000; // after which what was brought back has been drawn

/** Notes that something is being shown again: what once ended a tab, or stopped it for good, would do so at every visit. */
export class Guard {
  /** `store` is this tab's; `tab` is the name of the lock that it holds as long as it lives (see resume.js). */
  constructor(store, tab) {
    this.store = store;
    this.tab = tab ?? "tab";
    this.before = store.get("showing");
    store.remove("showing");
    addEventListener("pagehide", () => store.remove("showing"));
  }

  /** Whether what was shown at the last visit stopped it; a tab that was copied meanwhile lives still. */
  async stopped() {
    return Boolean(this.before) && !(await livingTabs()).has(this.before);
  }

  begin() {
    this.store.set("showing", this.tab);
  }

  end() {
    setTimeout(() => this.store.remove("showing"), SAFE_MS);
  }
}

/**
 * Show it again, where nothing newer is to be seen.
 *
 * @param {LiveCell[]} cells
 * @param {{kernel: string, shown: {index: number, request: string}[]}} left see Record
 * @param {PageKernel} python
 */
export async function bringBack(cells, { kernel, shown }, { server, heard }) {
  const asked = shown.map(({ request: id }) => heard.add({ kernel, id })); // a thread may show something meanwhile
  const kept = await Promise.all(asked.map((run) => server.outputs(run).catch((error) => error.refused && REFUSED)));
  for (const [k, { index }] of shown.entries()) {
    await pause(0); // a reader may scroll meanwhile
    const cell = cells[index];
    if (!kept[k] || cell.fresh || cell.state) {
      heard.forget(asked[k].id);
      continue;
    }
    const { messages, cut } = kept[k];
    const allGone = cut && messages.every(({ header }) => ["status", "execute_input", "update_display_data"].includes(header.msg_type));
    const run = cell.begin({ alone: true, earlier: true });
    cell.previous = { dispose: () => heard.forget(asked[k].id) };
    if (cut && !allGone) run.above(el("p", { class: "live-prelude" }, "The beginning of this output was too long to be kept."));
    messages.forEach(run.handle);
    if (kept[k] === REFUSED) run.fail("What this cell has shown could not be asked for. A reload of the page may help.");
    else if (allGone) run.fail("What this cell has shown was too long to be kept.");
    else run.end();
    cell.setState(messages.some(({ header }) => header.msg_type === "error") ? "failed" : "done");
    cell.age();
    heard.open(asked[k], run.handle, messages);
  }
}
