// Runs of code in the page's kernel: sent, or taken up again after the page was left, and heard to their ends whatever becomes of the connection.

import { HeardRuns } from "./heard-runs.js";
import { CUT, note, pause } from "./server.js";

const LOOK_AGAIN_MS = 1000;

/** Why a run ended without an answer; the message is meant for the reader. */
export class KernelGone extends Error {}

export class Runs {
  /** @param {PageKernel} kernel */
  constructor(kernel) {
    this.kernel = kernel;
    this.heard = new HeardRuns(kernel.server); // those that have ended
    this.used = false; // whether this kernel has been sent anything
    this.hasShown = new Promise((resolve) => (this.showed = resolve)); // resolves when the first run has ended
    this.follow = null; // called when the connection has been away: from then on the server is asked what the run shows
  }

  /** The kernel is connected, for the first time or `again`. */
  catchUp(again) {
    if (again) this.follow?.();
    this.heard.connected();
  }

  /**
   * Run code in the kernel that `ensure` found. Resolves with the kernel's answer; rejects with KernelGone if there will be none.
   *
   * @param {string} code
   * @param {(message: object) => void} handle gets what the code shows, also later if it updates a display from elsewhere
   * @param {(kernel: string, id: string) => void} sent gets the names of the kernel and of the request
   */
  async run(code, handle, sent) {
    const { kernel, heard } = this;
    if (!kernel.connection) await kernel.connect();
    const request = { code, silent: false, store_history: true, allow_stdin: false, stop_on_error: false };
    this.used = true;
    const future = kernel.connection.requestExecute(request, false);
    const run = { kernel: kernel.connection.id, id: future.msg.header.msg_id, last: null, known: new Set(), error: null };
    sent(run.kernel, run.id);
    future.onIOPub = (message) => {
      if (message.parent_header.msg_id === run.id) run.last = message.header; // no update from elsewhere
      if (message.header.msg_type === "error") run.error = message.content;
      handle(message);
    };
    const reply = future.done.then(({ content }) => content);
    reply.catch(() => {}); // the library cancels it when the kernel goes; `gone` says why
    const answer = new Promise((resolve, reject) => {
      reply.then((content) => this.follow && resolve(content), () => {});
      this.follow = () => {
        this.follow = null; // it asks until the run has ended, whatever becomes of the connection
        future.onIOPub = () => {};
        this.#follow(run, handle).then(resolve, reject);
      };
    });
    try {
      const content = await kernel.unlessGone(answer);
      if (content.payload?.some(({ source }) => source === "ask_exit")) kernel.renew("exited").catch(() => {});
      else {
        const ended = heard.add(run, handle, true);
        future.onIOPub = (message) => heard.hear(ended, message);
        ended.missed = !this.follow; // it was followed without the connection
        if (ended.missed) heard.catchUp(); // something may have come since
      }
      const dispose = () => {
        heard.forget(run.id);
        future.dispose();
      };
      return { ...content, dispose };
    } finally {
      this.showed();
      this.follow = null;
      run.over = true;
    }
  }

  /**
   * Hear a run that was sent before the page was reloaded: the messages that are known, and the rest. If they are `cut`, all is asked of the
   * server, which keeps more. The answer is "unknown", and `never` true, if the request seems not to have reached the kernel.
   */
  async resume({ kernel: name, id, messages: known, cut }, handle) {
    const { kernel, heard } = this;
    const messages = cut ? [] : known;
    messages.forEach(handle);
    try {
      while (!(await kernel.connect().then(() => true, () => false))) await pause(LOOK_AGAIN_MS); // the run goes on meanwhile
      if (kernel.connection.id !== name) throw new KernelGone("missing");
    } catch (error) {
      if (cut) [note(CUT), ...known].forEach(handle);
      throw error;
    }
    const error = messages.find(({ header }) => header.msg_type === "error")?.content;
    const run = { kernel: name, id, last: messages.at(-1)?.header, known: new Set(messages.map(({ header }) => header.msg_id)), error };
    const answer = await kernel.unlessGone(this.#follow(run, handle)).finally(() => (run.over = true));
    heard.add(run, handle);
    heard.catchUp();
    return { ...answer, dispose: () => heard.forget(id) };
  }

  /** Hear a run by way of the server; what is `never` heard of has not reached the kernel, and will not. */
  async #follow(run, handle) {
    const { kernel } = this;
    const answer = await kernel.server.follow(run, handle);
    if (!answer.never) return answer;
    // It may wait in the kernel's line, behind a task that computes, or in the client library, which sends what it has held back when the
    // kernel has answered a question: the answer to the next question comes after it.
    for (let answered = 0; answered < 2 && !run.over; ) {
      const question = kernel.connection?.requestKernelInfo() ?? Promise.reject();
      answered += await question.then(() => 1, () => pause(LOOK_AGAIN_MS).then(() => 0)); // the connection may break again
    }
    return kernel.server.follow(run, handle);
  }
}
