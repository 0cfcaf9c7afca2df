// A run may go on to show something after it has ended: a thread prints, a display changes. Nothing of that is lost or doubled
// when the connection breaks, or when the page is opened anew.

import { CUT, learn, note, persist } from "./server.js";

export class HeardRuns {
  /** `server` is asked for what came while nobody listened. */
  constructor(server) {
    this.server = server;
    this.runs = new Map(); // request → run
    this.live = false; // whether something has come by this connection: while the server makes one, it drops what the kernel says
  }

  /**
   * Listen to a run that has ended.
   *
   * @param {{kernel: string, id: string, last: object?, known: Set<string>?}} run its kernel, its request, the header of the last message that is known;
   *   `known` names those that may come once more
   * @param {(message: object) => void} [handle] gets what comes; without it, that is held until `open`
   * @param {boolean} [own] whether this page has sent it: then its messages are handed to `hear`
   */
  add({ kernel, id, last = null, known = new Set() }, handle = null, own = false) {
    const asking = !handle; // somebody asks the server for what it has shown
    const run = { kernel, id, last, known, handle, own, asking, held: asking ? [] : null, again: false, missed: false };
    this.runs.set(id, run);
    return run;
  }

  /** Hand out what was held of a run, and all that comes, but for what the server has told already; `said` is its answer. */
  open(run, handle, said) {
    run.handle = handle;
    this.#goOn(run, said);
  }

  #goOn(run, said) {
    learn(run, said);
    run.asking = false;
    if (run.again) this.#catchUp(run);
    else if (this.live) this.#release(run);
  }

  #release(run) {
    const { held } = run;
    run.held = null;
    for (const message of held) this.hear(run, message);
  }

  /** A message of a run, or an update of one of its displays, has come. */
  hear(run, message) {
    if (run.held) return void run.held.push(message);
    if (run.known.has(message.header.msg_id)) return; // the server was quicker
    if (message.parent_header.msg_id === run.id) run.last = message.header;
    run.handle(message);
  }

  /** A message has come of which the client library knows no run: one from before the page was opened may. */
  hearEarlier(message) {
    const updates = message.header.msg_type === "update_display_data";
    for (const run of updates ? this.runs.values() : [this.runs.get(message.parent_header.msg_id)])
      if (run && (!run.own || (updates && run.missed))) this.hear(run, message);
    if (this.live) return;
    this.live = true;
    this.catchUp(); // what came between the last answer and this message
  }

  /** A connection is there: ask for what has come without it. */
  connected() {
    this.live = false;
    this.catchUp();
  }

  /** Ask for what has not been heard. */
  catchUp() {
    for (const run of this.runs.values()) this.#catchUp(run);
  }

  async #catchUp(run) {
    run.again = run.asking;
    if (run.again) return;
    run.asking = true;
    run.held ??= [];
    const said = await persist(() => this.server.outputs(run));
    if (said?.messages.length) run.missed = true; // the client library does not know of displays among them
    if (said?.cut && said.messages.length) run.handle(note(CUT));
    said?.messages.forEach(run.handle);
    this.#goOn(run, said);
  }

  /** Nothing more is wanted of a run. */
  forget(id) {
    this.runs.delete(id);
  }

  /** The kernel is gone. */
  clear() {
    this.runs.clear();
  }
}
