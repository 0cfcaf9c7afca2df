// Sent with every page that has code. It finds out whether there is a kernel behind this page and offers what is possible;
// everything else (editor, kernel connection: thirty times its size) comes with the first press, in session.js.

import { Bar } from "./bar.js";
import { Edits } from "./keep/edits.js";
import { Store } from "./keep/store.js";
import { collectCells, readConfig, siteRoot } from "./page.js";
import { Tools } from "./tools.js";

function boot(config) {
  const root = siteRoot();
  const bar = new Bar();
  // A page opened as a file has no server, and a request for one would fail with a noise.
  if (location.protocol === "file:") return bar.offerElsewhere(config, root);
  return fetch(new URL("_static/live.json", root), { cache: "no-store", credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.json() : { kernel: false, locked: answer.status === 403 }))
    .then(
      (info) => {
        if (info.kernel) offerRun(config, root, bar, info);
        else if (info.locked) bar.say("To run this page’s code, open the address that the book’s server printed.", "problem");
        else bar.offerElsewhere(config, root);
      },
      () => bar.offerElsewhere(config, root),
    );
}

function offerRun(config, root, bar, info) {
  const cells = collectCells(config);
  const base = new URL(info.base, location.origin).href;
  const script = new URL("_static/live-session.js", root).href;
  const kept = new Store("localStorage", config.page, () => bar.warnOfStorage());
  const edits = new Edits(kept);
  let opening = null;

  /** Make the page live, once; everybody who pressed meanwhile gets the same session. */
  function open() {
    opening ??= import(script)
      .then((module) => module.openSession({ config, root, base, cells, bar, kept, edits }))
      .catch((error) => {
        opening = null; // the next press tries again
        bar.say(`This page could not be made live: ${error.message}`, "problem");
        throw error;
      });
    return opening;
  }

  /** What stands in the fields of cells whose editors are not open yet. */
  const written = () => new Map(cells.filter(({ tools }) => tools?.field).map(({ number, tools }) => [number, tools.field.value]));
  const act = (action) => open().then(action, () => {});
  // A mouse button goes down a tenth of a second before it is let go; a finger may be about to scroll.
  const prepare = ({ pointerType, button }) => pointerType === "mouse" && button === 0 && act((session) => session.prepare());
  const actions = {
    prepare,
    textOf: (cell) => edits.textOf(cell, cells),
    typed: ({ number }, base, text) => edits.keep({ number, source: base }, text),
    run: (cell, advance = false) => {
      const codes = written(); // before anything more is written
      return act((session) => session.run(cell, { advance, codes }));
    },
    edit: (cell, place) => act((session) => session.edit(cell, place)),
  };
  for (const cell of cells) if (cell.input) cell.tools = new Tools(cell, actions);
  // Somebody may press: have the code at hand by then. It does nothing before `openSession`.
  (window.requestIdleCallback ?? setTimeout)(() => import(script).catch(() => {}));
  const runAll = () => {
    const codes = written();
    bar.say("Starting…");
    act((session) => session.runAll(codes));
  };
  bar.offerRun(config, root, { runAll, prepare });

  // Somebody was at work here: their text is shown, and what Python has shown them; a run that was going on when the page was left goes on.
  const tab = new Store("sessionStorage", config.page);
  const left = ["left:", "ran:", "lost"].some((beginning) => kept.names(beginning).length);
  if (left || tab.names("run").length) act((session) => session.resume());
  else if (["edit:", "homeless:"].some((beginning) => kept.names(beginning).length)) act(() => {});
  // A page that the browser had put away as it was: meanwhile they may have been at work in another tab.
  let before;
  addEventListener("pagehide", () => (before = kept.all));
  addEventListener("pageshow", ({ persisted }) => persisted && kept.all !== before && location.reload());
}

const config = readConfig();
if (config) boot(config);
