// What the cells of a page had shown before it was left: the server keeps it as long as it keeps their kernel.

import { el } from "../dom.js";
import { digest } from "../needs.js";
import { pause } from "../server.js";

const REFUSED = { messages: [] };

/**
 * Show it again, where nothing newer is to be seen.
 *
 * @param {LiveCell[]} cells
 * @param {{kernel: string, shown: {index: number, request: string, source: string}[]}} left see Record
 * @param {PageKernel} python
 */
export async function bringBack(cells, { kernel, shown }, { server, heard }) {
  // The book may have other cells by now.
  const known = shown.filter(({ index, source }) => cells[index] && digest(cells[index].source) === source);
  const asked = known.map(({ request: id }) => heard.add({ kernel, id })); // a thread may show something meanwhile
  const kept = await Promise.all(asked.map((run) => server.outputs(run).catch((error) => error.refused && REFUSED)));
  const runs = [];
  for (const [k, { index }] of known.entries()) {
    await pause(0); // a reader may scroll meanwhile
    const cell = cells[index];
    if (!kept[k] || cell.fresh || cell.state) {
      heard.forget(asked[k].id);
      continue;
    }
    const { messages, cut } = kept[k];
    const allGone = cut && messages.every(({ header }) => ["status", "execute_input"].includes(header.msg_type));
    const run = cell.begin({ alone: true, earlier: true });
    runs.push(run);
    cell.previous = { dispose: () => heard.forget(asked[k].id) };
    if (cut && !allGone) run.above(el("p", { class: "live-prelude" }, "The beginning of this output was too long to be kept."));
    for (const message of messages) {
      // What a later cell shows may take the place of what an earlier one has shown.
      const heard = message.header.msg_type === "update_display_data" ? runs : [run];
      for (const one of heard) one.handle(message);
    }
    if (kept[k] === REFUSED) run.fail("What this cell has shown could not be asked for. A reload of the page may help.");
    else if (allGone) run.fail("What this cell has shown was too long to be kept.");
    else run.end();
    cell.setState(messages.some(({ header }) => header.msg_type === "error") ? "failed" : "done");
    cell.age();
    heard.open(asked[k], run.handle, messages);
  }
}
