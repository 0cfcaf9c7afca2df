// A live page: cells run one after the other in the page's kernel. Loaded by live.js at the first press, or where somebody was at work.

import { el, isInSight } from "./dom.js";
import { LiveCell } from "./cell.js";
import { foldAround } from "./folds.js";
import { PageKernel } from "./kernel.js";
import { ComingBack } from "./keep/coming-back.js";
import { Losses } from "./keep/losses.js";
import { Record } from "./keep/record.js";
import { RunLog } from "./keep/resume.js";
import { Guard } from "./keep/shown.js";
import { RunQueue } from "./run-queue.js";
import { pause } from "./server.js";
import { Status } from "./status.js";
import { Store } from "./keep/store.js";
import { Tabs } from "./keep/tabs.js";
import { trustNoText } from "./outputs/trust.js";

const AWHILE_MS = 3000; // how long the editors wait for the first run's output at most
const SOON_MS = 1000; // in which an editor opens, however much there is to do
const PATIENCE_MS = 3000; // how long an interrupt may have no effect before the reader is told
const THINKING_MS = 150; // a pause in typing
const REASONS = {
  died: "Python died; its variables are gone. It starts anew: Run on a cell runs what it needs.",
  exited: "The cell ended Python, and with it all variables. It starts anew: Run on a cell runs what it needs.",
  restarted: "Python was started anew: all variables are gone.",
  missing: "The Python that ran this page is gone, and its variables with it. It was started anew: Run on a cell runs what it needs.",
};

/** Make the page live; its cells can be edited at once, the kernel is asked for at the first need. */
export function openSession(page) {
  trustNoText(new URL("_static/", page.root));
  return new Session(page);
}

class Session {
  constructor({ config, root, base, cells, bar, kept, edits }) {
    this.page = { config, root };
    this.bar = bar;
    this.edits = edits;
    this.status = new Status(bar, () => this.queue.work);
    const tab = new Store("sessionStorage", config.page);
    this.record = new Record(kept);
    this.log = new RunLog(tab, kept);
    this.losses = new Losses(kept, bar);
    this.guard = new Guard(kept, this.log.tab);
    this.kernel = new PageKernel({
      base,
      path: config.page,
      probe: new URL("_static/live.json", root).href,
      on: {
        status: (state, sentence) => this.#hear(state, sentence),
        meet: (kernel) => this.#meet(kernel),
        again: () => this.bar.say("Python is still running for this page; your variables are there."),
        back: (busy) => this.#connectedAgain(busy),
        lost: (reason) => this.#lost(reason),
      },
    });
    // These names are also what Tools asks for.
    this.runAbove = (cell) => this.#run(this.cells.slice(0, cell.number - 1));
    this.reset = (cell) => {
      if (this.queue.has(this.cells[cell.number - 1])) this.bar.say("This cell is running, or waits to run. Stop it, then reset it.");
      else {
        this.cells[cell.number - 1].reset();
        this.record.unshow(cell.number - 1);
      }
    };
    edits.flush(); // what was written before the editors were there
    const edited = edits.match(cells);
    this.cells = cells.map((cell) => new LiveCell(cell, this, edited.get(cell)));
    const on = { changed: (begins) => this.#workChanged(begins), unreachable: (error) => this.#unreachable(error) };
    this.queue = new RunQueue({ cells: this.cells, kernel: this.kernel, record: this.record, log: this.log, losses: this.losses, bar, on });
    const { record, log, losses, guard, kernel, queue } = this;
    this.comingBack = new ComingBack({ cells: this.cells, record, log, losses, guard, kernel, queue, bar, wake: () => this.wake() });
    this.#offerHomeless();
    for (const cell of this.cells) if (cell.tools?.field) cell.openEditor();
    this.#openEditors();
  }

  /** Somebody has begun to press a button: the kernel shall be there when they let go. */
  prepare() {
    this.prepared = true;
    this.kernel.connect().catch(() => {}); // whoever asks for a run hears of it
  }

  /** Ask for the kernel, once. */
  wake() {
    if (this.awake) return;
    this.awake = true;
    const { config, root } = this.page;
    this.bar.showControls(config, root, { runAll: () => this.runAll(), interrupt: () => this.interrupt(), restart: () => this.restart() });
    this.status.refresh();
    this.bar.say("");
    this.tabs = new Tabs(config.page, { changed: () => this.bar.tellOfTabs(this.tabs.sentence), met: () => this.kernel.notice() });
    this.tabs.meet(this.record.kernel);
    this.kernel.connect().catch((error) => this.#unreachable(error));
  }

  /** Open the editors while nothing else is to be done: what the first run shows comes before them. (A cell that is clicked opens its own.) */
  async #openEditors() {
    const idle = window.requestIdleCallback ?? setTimeout; // Safari has none
    await pause(0); // whoever opened this session asks it for something now
    if (this.awake || this.prepared) await Promise.race([this.kernel.runs.hasShown, pause(AWHILE_MS)]);
    for (const cell of this.cells) {
      await new Promise((next) => idle(next, { timeout: SOON_MS }));
      cell.openEditor();
    }
  }

  // --- what the reader asks for

  /** Open a cell's editor; `place` is the point of the screen where the caret shall stand. */
  edit(cell, place) {
    const { activeElement } = document;
    const isHere = activeElement === document.body || cell.input.contains(activeElement); // else they have gone elsewhere meanwhile
    this.wake();
    const editor = this.cells[cell.number - 1].openEditor();
    const anchor = place && editor?.posAtCoords(place, false);
    if (anchor != null) editor.dispatch({ selection: { anchor } });
    if (isHere) editor?.focus();
  }

  /** A cell that waits shall not run any more. */
  cancel({ number }) {
    this.queue.cancel(this.cells[number - 1]);
  }

  /** `codes` are the texts, by the numbers of cells, that stood in cells when that was asked for, if these are not open yet. */
  runAll(codes) {
    this.#run(this.cells, { codes });
  }

  /** A cell is being edited: what it needs now is looked up in the pauses, so that its run need not wait for that. */
  edited() {
    clearTimeout(this.foresight);
    if (this.awake) this.foresight = setTimeout(() => this.queue.foresee(), THINKING_MS);
  }

  run({ number }, { advance = false, codes } = {}) {
    const cell = this.cells[number - 1];
    this.#run([cell], { alone: [cell], codes });
    if (cell.input?.contains(document.activeElement)) showIfOut(cell.input);
    if (advance) this.#advanceFrom(cell);
    else if (!cell.node.contains(document.activeElement)) focusQuietly(cell.openEditor());
  }

  #run(cells, { alone = [], codes } = {}) {
    this.wake();
    this.queue.add(cells, alone, codes);
  }

  /** Go on with what ran when this tab, or one that was closed, left the page, and show again what had run, if its Python is still there. */
  resume() {
    return this.comingBack.resume();
  }

  interrupt() {
    this.queue.stop();
    const began = Boolean(this.queue.current) || !this.queue.asked;
    if (this.queue.stopWaiting() || !began) return;
    if (this.queue.elsewhere && !this.queue.current) this.#offerInterrupt();
    else this.#interruptPython();
  }

  /** What runs is not of this page: perhaps the reader means it all the same. */
  #offerInterrupt() {
    const stop = el("button", { type: "button", onclick: () => this.bar.say("") || this.#interruptPython() }, "Stop it");
    this.bar.say(["Nothing of this tab is running. Python is at a cell of another tab. ", stop]);
  }

  #interruptPython() {
    const asked = this.queue.current;
    this.kernel.interrupt().catch((error) => {
      clearTimeout(this.patience); // it has not been asked to stop
      this.bar.say(`Python could not be interrupted: ${error.message}`, "problem");
    });
    clearTimeout(this.patience);
    this.patience = setTimeout(() => asked && asked === this.queue.current && this.#offerRestart(), PATIENCE_MS);
  }

  #offerRestart() {
    const says = "The interrupt has had no effect so far: the cell is at something that does not listen to it. Restart stops it for sure; all variables are lost. ";
    const restart = () => el("button", { type: "button", onclick: () => this.restart() }, "Restart");
    this.bar.say([says, restart()], "problem");
    this.queue.current.tell(says, restart());
  }

  async restart() {
    this.queue.stop();
    this.queue.stopWaiting();
    this.bar.restartButton.disabled = true;
    try {
      await this.kernel.restart();
    } catch (error) {
      this.#unreachable(error);
    } finally {
      this.bar.restartButton.disabled = false;
    }
  }

  #advanceFrom(cell) {
    // The page stays where it is: what the reader wants to see now is this cell's output. Nobody shall write into, or run, what is out of sight.
    const next = this.cells.slice(cell.number).find((other) => other.input && !foldAround(other.input));
    focusQuietly((next && isInSight(next.input) ? next : cell).openEditor());
  }

  // --- how Python counts runs, and what a page calls cells

  countRun(count, number) {
    (this.runs ??= new Map()).set(count, number);
  }

  /** The number of the cell that was Python's n-th run; undefined if it was not of this page's. */
  cellOfRun(count) {
    return this.runs?.get(count);
  }

  // --- what is heard of the kernel

  #meet(kernel) {
    this.tabs?.meet(kernel);
    if (this.record.forgetAllBut(kernel)) this.bar.tellLoss(REASONS.missing); // another tab's was that one
    return this.record.begin(kernel);
  }

  #lost(reason) {
    this.record.forget();
    this.runs?.clear();
    for (const cell of this.cells) cell.age();
    if (reason === "exited") this.queue.drop(true);
    // What this tab's reader has not done themselves they may see late.
    const late = reason === "died" || reason === "missing";
    if (late) this.bar.tellLoss(REASONS[reason]);
    this.bar.say(late ? "" : REASONS[reason], reason === "restarted" ? "info" : "problem");
  }

  #hear(state, sentence) {
    if (state !== "busy") this.queue.setElsewhere(false);
    else if (!this.queue.current) this.queue.setElsewhere(true);
    this.bar.tellOfPlace(state === "waiting" ? sentence : "");
    this.status.set(state);
  }

  #workChanged(begins = false) {
    const { current, jobs } = this.queue;
    this.tabs?.tell(current?.number ?? null);
    this.log.note();
    if (begins) this.status.set("busy");
    else if (current) this.status.refresh(); // it tells how many wait
    else if (!jobs.length && this.status.reachable) this.status.set(this.queue.elsewhere ? "busy" : "idle");
  }

  #connectedAgain(busy) {
    this.queue.setElsewhere(busy && !this.queue.current);
    this.status.set(busy || this.queue.current ? "busy" : "idle");
    this.bar.say("Connected again; the variables are still there.");
  }

  #unreachable(error) {
    this.status.set(error?.response?.status === 403 ? "locked" : "offline");
    this.kernel.lookOut();
  }

  // --- what the browser keeps

  /** Edits of cells that the book does not have any more are the reader's all the same. */
  #offerHomeless() {
    const texts = this.edits.homeless;
    if (!texts.length) return;
    const file = new Blob([texts.join("\n\n# ---\n\n")], { type: "text/x-python" });
    const link = el("a", { href: URL.createObjectURL(file), download: "edits.py" }, "Save them as a file");
    const forget = el("button", { type: "button", onclick: () => this.edits.forgetHomeless(texts) || line.remove() }, "Forget them");
    const line = this.bar.offer("You edited cells that are not in the book any more, or the same cell in two tabs. ", link, " or ", forget);
  }
}

/** Scroll to something of which nothing is to be seen. */
function showIfOut(node) {
  if (!isInSight(node)) node.scrollIntoView({ block: "center" });
}

/** Give an editor the focus without scrolling to it. */
function focusQuietly(editor) {
  editor?.contentDOM.focus({ preventScroll: true });
}

export { Outputs } from "./outputs/outputs.js"; // for the tests, which feed it what no kernel would send
