// What the end of a run means for the reader, in words.

import { el, isInSight } from "./dom.js";
import { dependents } from "./needs.js";

/** Why a run ended without an answer, at its output and to others that needed it. */
export const STOPPED = {
  died: "Python died while this cell ran.",
  exited: "Python was ended while this cell ran.",
  restarted: "Stopped: Python was restarted.",
  missing: "The connection was lost while this cell ran.",
};
export const NEVER_BEGUN = "It had not begun when this page was left, and was not run.";
export const END_UNHEARD = "It ended while the page was away; what it printed last did not reach this page.";
export const WHY_STOPPED = { died: "did not come to its end: Python died", restarted: "was stopped", missing: "did not come to its end" };

/** In a word, of a run that has not come to its end. */
export function whyStopped({ ename }) {
  return ename === "KeyboardInterrupt" ? "was interrupted" : "failed";
}

/** What becomes of cells that waited behind one that came to nothing. */
export function told(waiting) {
  if (!waiting) return "";
  return waiting === 1 ? " 1 cell that waited behind it was not run." : ` ${waiting} cells that waited behind it were not run.`;
}

const MOST_NAMED = 6;

/** What stands below may show the book's numbers still: offer to run what uses what an edited cell gives. */
export function offerDependents(queue, cell, page) {
  const users = dependents(page, cell.number - 1).map((index) => queue.cells[index]).filter((user) => user.stored && !queue.has(user));
  if (!users.length) return;
  const names = users.slice(0, MOST_NAMED).map(({ number }) => number);
  const list = users.length > MOST_NAMED ? `${names.join(", ")} and ${users.length - MOST_NAMED} more` : names.join(", ").replace(/, (?=\d+$)/, " and ");
  const button = el("button", { type: "button", class: "live-link", onclick: () => button.parentElement.remove() || queue.add(users, users) }, users.length > 1 ? "Run them, too" : "Run it, too");
  cell.offer(users.length > 1 ? `Cells ${list} use what this cell gives, and show what it was before. ` : `Cell ${list} uses what this cell gives, and shows what it was before. `, button);
}

/** What a cell needs may have been stopped by the reader, or have failed: pairs of an index and of words that say so. */
export function unfinishedNeeds(queue, cell, page) {
  return page[cell.number - 1].needs.flatMap((index) => {
    const words = queue.record.of(index)?.stopped;
    return words ? [[index, words]] : [];
  });
}

/** That is not begun anew unasked; `used` are those pairs as they were when the cell ran. */
export function offerUnfinished(queue, cell, used) {
  if (!Array.isArray(used) || !used.length) return;
  const unfinished = used.map(([index]) => queue.cells[index]);
  const names = used.map(([index, words]) => `cell ${index + 1}, which ${words}`).join("; ");
  const button = el("button", { type: "button", class: "live-link", onclick: () => button.parentElement.remove() || queue.add([...unfinished, cell], [cell]) }, "Run it again first");
  if (unfinished.length > 1) button.textContent = "Run them again first";
  cell.offer(`This used what was left by ${names}. `, button);
}

/** Say what a failed cell means for the reader. */
export function explainFailure(queue, { cell, alone, page }, { ename, evalue }) {
  const interrupted = ename === "KeyboardInterrupt";
  const missing = ename === "NameError" && /name '(\w+)' is not defined/.exec(evalue)?.[1];
  if (missing) explainMissing(queue, cell, missing, page);
  if (ename === "StdinNotImplementedError")
    cell.hint("A cell of this page cannot ask for input, nor stop in a debugger that does: write the value into the code, or print what you want to see.");
  const where = cell.node ? `cell ${cell.number}` : "a set-up cell of this page, which is not shown";
  ename = `${ename}`;
  if (ename.length > 80) ename = `${ename.slice(0, 80)}…`;
  const what = interrupted ? `Interrupted in ${where}` : `Stopped at ${where}: ${ename}${cell.node ? "" : `: ${evalue}`}`;
  const waiting = queue.jobs.length && queue.interrupted !== queue.asked;
  if (waiting || !cell.node) queue.bar.say(`${what}. The cells after it did not run.`, "problem");
  else if (!interrupted && !isInSight(cell.node)) queue.bar.say(`${what}.`, "problem");
  else queue.bar.announce(alone ? `Cell ${cell.number}: ${interrupted ? "interrupted" : `error, ${ename}`}` : what);
}

/** Say where a name that is not there comes from, if it comes from this page. */
function explainMissing(queue, cell, name, page) {
  const above = queue.cells.slice(0, cell.number - 1);
  const gives = (other) => page[other.number - 1].gives.includes(name);
  const givers = above.filter((other) => gives(other) && !queue.record.mark(other.number - 1));
  const gave = above.findLast((other) => other.edited && other.relations.gives.includes(name) && !gives(other));
  if (givers.length) {
    const button = el("button", { type: "button", onclick: () => queue.add([...givers, cell]) }, "Run what gives it, then this cell");
    cell.hint(`“${name}” comes from a cell above that has not run since Python started. `, button);
  } else if (gave) cell.hint(`In the book, “${name}” comes from cell ${gave.number}, which you have edited.`);
}
