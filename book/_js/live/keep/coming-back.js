// A reader comes back to a page, by a reload or days later: what ran goes on, what had run is shown again, and what is lost is said.

import { el } from "../dom.js";
import { told } from "../explain.js";
import { placeOf } from "./record.js";
import { COMES_BACK_MS } from "./resume.js";
import { bringBack } from "./shown.js";

export class ComingBack {
  /** `wake()` makes the page live. */
  constructor({ cells, record, log, guard, kernel, queue, bar, wake }) {
    Object.assign(this, { cells, record, log, guard, kernel, queue, bar, wake });
    this.withheld = new Set(); // requests of what is not shown unasked
  }

  async resume() {
    const homeless = this.record.moveTo(this.cells);
    const left = this.record.left;
    this.withheld = await this.guard.withheld([...(left?.shown ?? []).map(({ request }) => request), ...this.log.requests]);
    this.guard.begin();
    const there = left && (await this.kernel.server.isThere(left.kernel));
    if (there === false) this.record.forget(left.kernel);
    this.#tellOfLost(); // before a run is taken up, which has words of its own
    await this.#takeUp();
    if (there) {
      this.wake();
      await bringBack(this.cells, { ...left, shown: left.shown.filter(({ request }) => !this.withheld.has(request)) }, this.kernel);
      if (homeless) this.bar.tellLoss(`The book’s text of ${homeless === 1 ? "a cell" : `${homeless} cells`} that had run has changed since: what that showed is not shown any more.`);
    }
    if (this.withheld.size && there !== false) this.#offerWithheld(this.withheld);
    this.guard.end();
  }

  /** Each tab tells it, until the reader closes that or has run the cells again. */
  #tellOfLost() {
    const { lost } = this.record;
    if (!lost) return;
    const what = lost === 1 ? "What 1 cell had shown is not brought back: the Python in which it ran" : `What ${lost} cells had shown is not brought back: the Python in which they ran`;
    this.bar.tellLoss(`${what} is gone, and with it its variables.`, () => this.record.forgetLost());
  }

  /** What once ended a tab is shown if the reader says so. */
  #offerWithheld(requests) {
    const show = () => this.guard.allow(requests) || line.remove() || this.resume();
    const button = el("button", { type: "button", onclick: show }, "Show it all the same");
    const says = `What ${requests.size === 1 ? "1 cell" : `${requests.size} cells`} had shown is not brought back: it stopped this page when it was opened last. Your edits are here. `;
    const line = this.bar.offer(says, button);
  }

  /** Go on with the runs that tabs have left, and tell of those that cannot be gone on with. */
  async #takeUp() {
    const place = (one) => one && this.cells[placeOf(this.cells, one.cell - 1, one.source)];
    const { runs, later } = await this.log.take(this.withheld);
    for (const run of runs) {
      const cell = place(run);
      const aim = place(run.aim);
      if (!run.id && run.closed) {
        this.bar.tellLoss(`Cell ${run.cell} waited when its tab was closed; it was not run.${told(run.waiting)}`);
        this.log.forget(run);
        continue;
      }
      const gone = cell && run.closed && (await this.kernel.server.isThere(run.kernel)) === false;
      if (!cell) this.bar.tellLoss("A cell that ran when this page was left is not in the book any more; what it showed last is lost.");
      else if (gone) this.bar.tellLoss(`Cell ${cell.number} was running then; what it showed is lost.`);
      const outdated = cell && this.record.hasRunSince(run.began, cell.number - 1, run.kernel); // by another tab
      if (!cell || gone || outdated) this.log.forget(run);
      else {
        if (run.aim && !aim) this.bar.tellLoss("The book’s text of a cell that was asked for has changed since: it was not run.");
        this.wake();
        this.queue.resume(run, cell, aim);
      }
    }
    if (later) setTimeout(() => this.#takeUp(), COMES_BACK_MS);
  }
}
