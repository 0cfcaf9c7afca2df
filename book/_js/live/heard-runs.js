// A run may go on to show something after it has ended: a thread prints, a display changes. Nothing of that is lost or doubled
// when the connection breaks, or when the page is opened anew.

import { CUT, note, persist } from "./server.js";

export class HeardRuns {
  /** `server` is asked for what came while nobody listened. */
  constructor(server) {
    this.server = server;
    this.runs = new Map(); // request → run
  }

  /**
   * Listen to a run that has ended.
   *
   * @param {{kernel: string, id: string, last: object?, known: Set<string>?, told: object?}} run its kernel, its request, the header of the last message
   *   that is known; `known` names those that may come once more; `told` is the header of the last one that the server has told
   * @param {(message: object) => void} [handle] gets what comes; without it, that is held until `open`
   * @param {boolean} [own] whether this page has sent it: then its messages are handed to `hear`
   */
  add({ kernel, id, last = null, known = new Set(), told = null }, handle = null, own = false) {
    const run = { kernel, id, last, known, told, handle, own, held: handle ? null : [], again: false, missed: false };
    this.runs.set(id, run);
    return run;
  }

  /** Hand out what was held of a run, and all that comes, but for the messages that the server has told already. */
  open(run, handle, messages) {
    run.handle = handle;
    this.#release(run, messages);
  }

  #release(run, messages) {
    const { held } = run;
    run.held = null;
    for (const { header } of messages) run.known.add(header.msg_id);
    if (messages.length) run.last = run.told = messages.at(-1).header;
    for (const message of held) this.hear(run, message);
    if (run.again) this.#catchUp(run);
  }

  /** A message of a run, or an update of one of its displays, has come. */
  hear(run, message) {
    if (run.held) return void run.held.push(message);
    if (isTold(run, message)) return;
    if (message.parent_header.msg_id === run.id) run.last = message.header;
    run.handle(message);
  }

  /** A message has come of which the client library knows no run: one from before the page was opened may. */
  hearEarlier(message) {
    const updates = message.header.msg_type === "update_display_data";
    for (const run of updates ? this.runs.values() : [this.runs.get(message.parent_header.msg_id)])
      if (run && (!run.own || (updates && run.missed))) this.hear(run, message);
  }

  /** The connection is there (again): ask for what has come without it. */
  catchUp() {
    for (const run of this.runs.values()) this.#catchUp(run);
  }

  async #catchUp(run) {
    run.again = Boolean(run.held); // somebody is at it
    if (run.again) return;
    run.held = [];
    const said = await persist(() => this.server.outputs(run));
    const messages = said?.messages ?? [];
    if (messages.length) run.missed = true; // the client library does not know of displays among them
    if (said?.cut && messages.length) run.handle(note(CUT));
    messages.forEach(run.handle);
    this.#release(run, messages);
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

/** Whether the server was quicker: it has told a message, or what came of it, such as the last state of a display that has changed many times. */
function isTold(run, { header }) {
  if (run.told && (header.msg_id === run.told.msg_id || moment(header) > moment(run.told))) run.told = null; // what comes after it is new
  return run.known.has(header.msg_id) || run.told !== null;
}

/** A message's date, such that they can be compared as text: Python leaves out a fraction that is zero. */
function moment({ date = "" }) {
  return date.replace(/(\.\d+)?Z$/, (_, fraction = ".") => fraction.padEnd(7, "0"));
}
