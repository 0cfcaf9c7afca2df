// The cells that wait for the kernel, and the one that runs: each after what it needs, one at a time.

import { el } from "./dom.js";
import { END_UNHEARD, NEVER_BEGUN, STOPPED, WHY_STOPPED, explainFailure, offerDependents, offerUnfinished, told, unfinishedNeeds, whyStopped } from "./explain.js";
import { cellsToRunFirst, digest, markOf } from "./needs.js";
import { Prelude, quietly } from "./prelude.js";
import { Relations } from "./relations.js";
import { KernelGone } from "./runs.js";
import { pause } from "./server.js";

const LOOK_AGAIN_MS = 1000;

export class RunQueue {
  /**
   * Runs of `cells` in `kernel`. What has run goes into `record`, what runs into `log`, sentences for the reader to `bar`, those about losses to `losses`;
   * `on.changed()` hears that something else runs or waits, `on.unreachable(error)` that the kernel cannot be asked.
   */
  constructor({ cells, kernel, record, log, losses, bar, on }) {
    Object.assign(this, { cells, kernel, record, log, losses, bar, on });
    this.relations = new Relations(cells, (texts) => kernel.relations(texts));
    this.jobs = [];
    this.current = null; // the cell that runs
    this.asked = null; // the cell whose turn it is: it runs, or others run that it needs
    this.aim = null; // the cell for which another one runs
    this.job = null; // whose turn it is
    this.interrupted = null; // the cell whose turn it was when the reader stopped it
    this.elsewhere = false; // whether the kernel is at something that this page did not ask for, such as a run of another tab
    this.freed = null; // called when it no longer is, if a cell waits for that
    log.waiting = () => this.jobs.filter((job) => job.cell !== this.aim).length; // those that a reload does not ask for again
  }

  /** What runs and waits, as the status tells it. */
  get work() {
    return { cell: this.current, aim: this.aim, elsewhere: this.elsewhere, waiting: this.jobs.length };
  }

  /** Whether a cell runs, waits, or has other cells run for it. */
  has(cell) {
    return cell === this.current || cell === this.asked || this.jobs.some((job) => job.cell === cell);
  }

  /** Whether the kernel is at a cell, or at others that this needs, by a press in this tab. */
  isAt(cell) {
    return this.current !== null && (cell === this.current || cell === this.asked);
  }

  /** The kernel is, or is no longer, at something that this page did not ask for. */
  setElsewhere(elsewhere) {
    if (this.elsewhere && !elsewhere) this.current?.setState("running");
    this.elsewhere = elsewhere;
    if (!elsewhere) this.freed?.(true);
  }

  /** Stop waiting for another tab's run; returns whether there was anything to stop. */
  stopWaiting() {
    this.freed?.(false);
    return Boolean(this.freed);
  }

  /**
   * Run cells after those that wait already; `alone` are those that a reader asked for by themselves, `codes` texts, by the cells' numbers, that
   * are not those of the cells any more.
   */
  add(cells, alone = [], codes = new Map()) {
    const waiting = new Map(this.jobs.filter(({ left }) => !left).map((job) => [job.cell, job])); // what was left runs, or has run, already
    for (const cell of cells) {
      const job = waiting.get(cell);
      const code = codes.get(cell.number) ?? cell.code; // as it stands now: what is edited meanwhile waits for the next press
      if (job) {
        job.code = code; // what is asked for last is what runs
        continue;
      }
      this.jobs.push({ cell, alone: alone.includes(cell), code });
      if (cell !== this.current) cell.setState("queued");
    }
    this.bar.say("");
    this.on.changed();
    if (!alone.length) this.bar.announce(`Running ${cells.length} ${cells.length === 1 ? "cell" : "cells"}`);
    this.#start();
  }

  /** Go on with a run of `cell` that was left while it ran, for `aim` if that is another cell. */
  resume(run, cell, aim) {
    // What had not been sent yet begins anew.
    if (run.id) this.#putFirst({ cell, alone: true, code: run.code, left: run, for: aim });
    else if (!aim) this.#wait(cell, run.code);
    if (run.waiting) this.losses.tell(`This page was left ${run.id ? "while" : "before"} cell ${cell.number} ran.${told(run.waiting)}`);
    if (aim) this.#wait(aim, run.aim.code);
    this.bar.say("");
    this.on.changed();
    this.freed?.("later"); // what Python is at is not of another tab, after all
    this.#start();
  }

  /** A run that was left comes before what waits: Python is at it, or has been. */
  #putFirst(job) {
    const isLeft = ({ left }) => left;
    this.jobs = [...this.jobs.filter(isLeft), job, ...this.jobs.filter((other) => !isLeft(other))];
  }

  #wait(cell, code) {
    this.jobs.push({ cell, alone: true, code });
    cell.setState("queued");
  }

  #start() {
    this.working ??= this.#work().finally(() => (this.working = null));
  }

  async #work() {
    let last = null;
    while (this.jobs.length) {
      const job = this.jobs.shift();
      this.asked = job.cell;
      this.job = job;
      if (!job.left) this.log.begin(job.cell, job.code);
      job.sure = Boolean(last?.ok && !last.job.ended); // Python has answered just now
      const goes = job.left || (await this.#turn());
      if (goes === "later" && !job.cancelled) {
        this.#putFirst(job);
        continue;
      }
      if (goes) job.run = job.cell.begin(job);
      last = { job, ok: goes && (await this.#runNeeded(job)) && (await this.#runCell(job)) };
      if (!goes || job.cancelled) job.cell.setState("dropped");
      this.log.end();
      // Whoever stops a run has said by that what shall become of those that waited then; what was asked for since runs.
      if (!last.ok && this.interrupted !== job.cell && !job.cancelled) this.drop(job.gone);
      this.asked = this.aim = this.interrupted = this.job = null;
      this.on.changed();
    }
    if (last?.ok && !last.job.ended) this.bar.announce(last.job.alone ? `Cell ${last.job.cell.number} has run` : "All cells have run");
  }

  /** Run first what a cell needs and has not run in this kernel; returns whether the cell itself may run. */
  async #runNeeded(asked) {
    const { cell, alone, code, left, run } = asked;
    if (!alone || left) return true;
    // A kernel may turn out to be another one than the last time; both questions go to the server at once.
    const page = this.relations.of(cell, code);
    asked.sure = await this.kernel.ensure().then(() => true, () => pause(0)); // as in Relations
    asked.page = await page;
    if (asked.cancelled) return false;
    const numbers = cellsToRunFirst(asked.page, cell.number - 1, (other) => this.record.of(other));
    if (!numbers.length) return true;
    cell.setState("running");
    const prelude = new Prelude(numbers.map((other) => this.cells[other]), run.above);
    for (const needed of prelude.cells) {
      prelude.begin(needed);
      const job = { cell: needed, code: asked.page[needed.number - 1].code, for: cell, sure: asked.sure, page: asked.page };
      job.run = needed.edited ? needed.begin({ alone: false, code: job.code }) : quietly(needed);
      needed.age(); // what it shows is not what Python has now
      job.heard = (message) => prelude.handle(message);
      if ((await this.#runCell(job)) && !job.ended) continue;
      const words = prelude.fail(needed, job.ended ? "ended Python" : (job.stopped ?? "failed"));
      if (cell.fresh && !run.isShown()) cell.hint(...words); // what an earlier run has shown stays
      else run.above(prelude.node);
      cell.setState("failed");
      return false;
    }
    prelude.end();
    return true;
  }

  /** Find out what the cells need as they stand, while nobody waits for it. */
  foresee() {
    this.relations.of();
  }

  /** Run one cell; returns whether the cells after it may run. */
  async #runCell(job) {
    job.began = Date.now();
    const { cell, code, run } = job;
    this.current = cell;
    this.aim = job.for;
    cell.setState(this.elsewhere ? "queued" : "running");
    this.on.changed(true);
    job.used = job.left ? job.left.used : job.alone && unfinishedNeeds(this, cell, job.page);
    const aim = job.for && { cell: job.for, code: job.left ? job.left.aim.code : this.job.code };
    this.log.begin(cell, code, { aim, left: job.left, used: job.used });
    try {
      let reply = await this.#ask(job);
      if (reply.never && !job.left?.closed && this.interrupted !== this.asked) {
        job.left = null; // the page was left before its request had gone; of a tab that was closed nobody waits for it
        reply = await this.#ask(job);
      }
      run.end();
      cell.previous?.dispose(); // from now on this run's displays are the ones to be updated
      cell.previous = reply;
      return await this.#settle(job, reply);
    } catch (error) {
      await pause(0); // as in Relations: a page that is left loses the run from sight, not the run
      cell.setState("failed");
      job.stopped = WHY_STOPPED[error.message] ?? "could not be run: Python could not be reached";
      job.gone = error instanceof KernelGone && error.message === "died";
      if (error instanceof KernelGone && run.isShown()) this.record.lose(cell, job.request ?? `${job.began}`, job.left?.began ?? job.began);
      const dropped = this.interrupted === this.asked ? "" : told(this.drop(job.gone));
      run.fail((error instanceof KernelGone ? STOPPED[error.message] : `Python could not be reached (${error.message}).`) + dropped);
      if (!(error instanceof KernelGone)) this.on.unreachable(error);
      return false;
    } finally {
      job.over = true;
      this.log.end();
      this.current = null;
      this.on.changed();
    }
  }

  /** Wait until the kernel is free of what this page did not ask for; false if the reader does not want to wait, "later" if something comes first. */
  async #turn() {
    if (!this.kernel.connection) await this.kernel.connect().catch(() => {}); // what it is at, a kernel of an earlier tab tells then
    if (this.job.cancelled) return false;
    if (!this.elsewhere) return true;
    const look = () => this.kernel.isBusy().then((busy) => busy || this.setElsewhere(false)); // its word may have been missed
    const watch = setInterval(look, LOOK_AGAIN_MS);
    const free = await new Promise((resolve) => (this.freed = resolve));
    clearInterval(watch);
    this.freed = null;
    return free;
  }

  /** Send a cell's code to the kernel, or hear the rest of what was sent before a reload. */
  async #ask(job) {
    const { code, run, left, heard, sure } = job;
    const sent = (kernel, id) => {
      job.request = id;
      this.log.sent(kernel, id);
    };
    const handle = (message) => {
      if (!job.over) this.log.add(message); // later it would be taken for what another cell shows
      heard?.(message);
      run.handle(message);
    };
    if (!left && !sure) await this.kernel.ensure();
    if (!left) return this.kernel.runs.run(code, handle, sent);
    run.above(el("p", { class: "live-prelude" }, `This page was left while the cell ran; its output goes on here.${told(left.waiting)}`));
    sent(left.kernel, left.id);
    return this.kernel.runs.resume(left, handle);
  }

  /** A run has been answered: note what it means, for the reader and for later runs. */
  async #settle(job, reply) {
    const { cell, code } = job;
    const expected = cell.mayFail && code === cell.source && reply.ename !== "KeyboardInterrupt";
    const index = cell.number - 1;
    const page = (job.page ??= await this.relations.of(cell, code));
    const ran = reply.status === "ok" || (reply.status === "error" && expected);
    const stopped = ran || reply.status !== "error" ? "" : whyStopped(reply);
    // What a reader's own press has begun and not ended is not begun again unasked: what it has done so far may be wanted.
    const mark = ran || (stopped && !job.for) ? markOf(page, index, (other) => this.record.mark(other)) : "";
    job.ended = reply.payload?.some(({ source }) => source === "ask_exit");
    const request = job.run.isShown() || job.run.mayShow ? job.request : undefined;
    const run = { mark, stopped, request, used: job.used, began: job.left?.began ?? job.began, source: digest(cell.source) };
    if (!job.ended && reply.status !== "unknown") this.record.add(index, { ...page[index], ...run });
    else if (request && !reply.never) this.record.lose(cell, request, run.began);
    cell.setState(reply.status === "ok" ? "done" : reply.status === "error" ? "failed" : null);
    if (ran && !job.run.isShown() && cell.forgive()) this.record.unshow(index);
    if (reply.status === "unknown") cell.hint(reply.never ? NEVER_BEGUN : END_UNHEARD);
    offerUnfinished(this, cell, job.used);
    if (reply.status === "ok" && job.alone && code !== cell.source) offerDependents(this, cell, page);
    if (ran || reply.status !== "error") return ran;
    job.stopped = stopped;
    explainFailure(this, job, reply);
    return false;
  }

  /** The reader stops what runs: what waits is given up. */
  stop() {
    this.drop();
    this.interrupted = this.asked;
    if (this.job && !this.current) this.job.cancelled = true; // it has not begun: there is nothing to interrupt
  }

  /** A cell that waits shall not run. */
  cancel(cell) {
    if (cell === this.asked) {
      if (this.current) {
        // Others run that it needs; what is given up is a second run of it.
        this.jobs = this.jobs.filter((job) => job.cell !== cell);
        cell.setState("running");
        return void this.on.changed();
      }
      this.job.cancelled = true;
      cell.setState("dropped");
      return void this.stopWaiting();
    }
    this.jobs = this.jobs.filter((job) => job.cell !== cell);
    cell.setState("dropped");
    this.on.changed();
  }

  /** Give up what waits, and return how many; after a kernel's death not what the reader has asked for by itself: it runs in the next kernel. */
  drop(keepAlone = false) {
    const kept = this.jobs.filter((job) => job.left || (keepAlone && job.alone)); // what was left by a tab runs already, or has run
    const given = this.jobs.filter((job) => !kept.includes(job));
    for (const job of given) if (![this.current, this.asked].includes(job.cell)) job.cell.setState("dropped");
    this.jobs = kept;
    this.on.changed();
    return given.length;
  }
}
