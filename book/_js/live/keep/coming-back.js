// A reader comes back to a page, by a reload or days later: what ran goes on, what had run is shown again, and what is lost is said.

import { el } from "../dom.js";
import { told } from "../explain.js";
import { pause } from "../server.js";
import { placeOf } from "./record.js";
import { COMES_BACK_MS } from "./resume.js";
import { bringBack } from "./shown.js";

const LOOK_AGAIN_MS = 1000;

export class ComingBack {
  /** `wake()` makes the page live. */
  constructor({ cells, record, log, losses, guard, kernel, queue, bar, wake }) {
    Object.assign(this, { cells, record, log, losses, guard, kernel, queue, bar, wake });
    this.withheld = new Set(); // requests of what is not shown unasked
  }

  async resume() {
    this.losses.tellAgain();
    const homeless = this.record.moveTo(this.cells);
    if (homeless) this.losses.tell(`The book’s text of ${homeless === 1 ? "a cell" : `${homeless} cells`} that had run has changed since: what that showed is not shown any more.`);
    const left = this.record.left;
    const running = this.log.left.filter(({ id }) => id);
    this.withheld = await this.guard.withheld([...(left?.shown ?? []).map(({ request }) => request), ...running.map(({ id }) => id)]);
    if (left) this.record.forgetAllBut(left.kernel);
    const there = left && (await this.#isThere(left.kernel));
    if (there === false) this.record.forget(left.kernel);
    await this.#withholdNothingGone(left, there, running);
    this.#tellOfLost(); // before a run is taken up, which has words of its own
    await this.#takeUp();
    if (there) {
      this.wake();
      const shown = left.shown.filter(({ request }) => !this.withheld.has(request));
      this.guard.begin(shown.map(({ request }) => request));
      await bringBack({ ...left, shown }, this.queue);
    }
    if (this.withheld.size) this.#offerWithheld(this.withheld);
    this.guard.end();
  }

  /** What has gone with its kernel is told as that. */
  async #withholdNothingGone(left, there, running) {
    if (there === false) for (const { request } of left.shown) this.withheld.delete(request);
    for (const { id, kernel } of running) {
      if (this.withheld.has(id) && (await this.kernel.server.isThere(kernel)) === false) this.withheld.delete(id);
    }
  }

  /** Whether a kernel is there; a server that does not answer is asked until it does. */
  async #isThere(kernel) {
    for (let looks = 0; ; looks += 1) {
      const there = await this.kernel.server.isThere(kernel);
      if (there !== null) return there;
      if (looks) this.wake(); // which says that it does not answer
      await pause(LOOK_AGAIN_MS);
    }
  }

  /** Each tab tells it, at the top and at the cells, until the reader closes that or has run the cells again. */
  #tellOfLost() {
    const { lost } = this.record;
    if (!lost.length) return;
    const count = new Set(lost.map(({ index, source }) => `${index} ${source}`)).size;
    const [what, ran] = count === 1 ? ["1 cell", "it ran"] : [`${count} cells`, "they ran"];
    const cells = this.cells.filter(({ number }) => lost.some(({ index }) => index === number - 1));
    for (const cell of cells) cell.tell("What your run of this cell had shown is not brought back: its Python is gone.");
    const closed = () => {
      this.record.forgetLost(lost);
      for (const cell of cells) cell.told?.remove();
    };
    this.bar.tellLoss(`What ${what} had shown is not brought back: the Python in which ${ran} is gone, and with it its variables.`, closed);
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
        this.losses.tell(`Cell ${run.cell} waited when its tab was closed; it was not run.${told(run.waiting)}`);
        this.log.forget(run);
        continue;
      }
      const gone = cell && run.closed && (await this.kernel.server.isThere(run.kernel)) === false;
      if (!cell) this.losses.tell("A cell that ran when this page was left is not in the book any more; what it showed last is lost.");
      else if (gone) this.losses.tell(`Cell ${cell.number} was running then; what it showed is lost.`);
      // By another tab, or by this one before it took up what was left.
      const outdated = cell && (this.queue.isAt(cell) || this.record.hasShownSince(run.began, cell.number - 1, run.kernel));
      if (!cell || gone || outdated) this.log.forget(run);
      else {
        if (run.aim && !aim) this.losses.tell("The book’s text of a cell that was asked for has changed since: it was not run.");
        this.wake();
        if (run.id) this.guard.begin([run.id]);
        this.queue.resume(run, cell, aim);
      }
    }
    if (later) setTimeout(() => this.#takeUp().then(() => this.guard.end()), COMES_BACK_MS);
  }
}
