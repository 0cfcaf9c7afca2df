// The page's kernel: found or started through Jupyter's own client library, watched, and found again after an absence.

import { KernelConnection } from "@jupyterlab/services/lib/kernel/default.js";
import { interruptKernel } from "@jupyterlab/services/lib/kernel/restapi.js";
import { ServerConnection } from "@jupyterlab/services/lib/serverconnection.js";
import { shutdownSession, startSession } from "@jupyterlab/services/lib/session/restapi.js";
import { HeardRuns } from "./heard-runs.js";
import { BookServer, CUT, note, pause } from "./server.js";

const KERNEL_NAME = "python3";
const LOOK_AGAIN_MS = 1000;
const SURE_MS = 3000; // how long a kernel that the server has just given, and that has run nothing, is not asked for

/** Why a run ended without an answer; the message is meant for the reader. */
export class KernelGone extends Error {}

/**
 * One page's kernel.
 *
 * It tells its listener, by `on.status(state, sentence)`: starting, waiting (for a place; the sentence says why), idle, busy, offline (no
 * answer), locked (the server does not know us);
 * by `on.meet(id)`: this kernel is ours from now on; the listener returns whether the page has run cells in it before;
 * by `on.again()`: it is one that the page has used before; by `on.back(busy)`: the server answers again and the kernel is still there;
 * by `on.lost(reason)`: the variables are gone: "died", "exited", "restarted", or "missing" (culled, or the server was started anew).
 */
export class PageKernel {
  constructor({ base, path, probe, on }) {
    this.settings = ServerConnection.makeSettings({ baseUrl: base, token: "", appendToken: false });
    this.server = new BookServer(this.settings);
    this.heard = new HeardRuns(this.server); // runs that have ended
    this.path = path;
    this.probe = probe; // address that answers {"kernel": true} to whom it knows
    this.on = on;
    this.connection = null;
    this.changing = null; // the change of kernel that is going on
    this.looking = false;
    this.hasShown = new Promise((resolve) => (this.showed = resolve)); // resolves when its first run has ended
  }

  /** Connect to the kernel of this page: the one it had before a reload, or a fresh one (then it resolves with "fresh"). */
  connect() {
    return this.#once(() => this.#connect());
  }

  /** Let only one change of the kernel go on at a time; who asks meanwhile waits for it. */
  #once(change) {
    const failed = (error) => {
      this.#look(); // until the server answers again
      throw error;
    };
    this.changing ??= change().catch(failed).finally(() => (this.changing = null));
    return this.changing;
  }

  /** `lost`: the reader has just been told that the variables are gone; those of a kernel that another tab has begun are not theirs. */
  async #connect(lost = false) {
    if (this.connection && !this.connection.isDisposed) return;
    this.on.status("starting");
    this.session = await this.#startSession();
    const { kernel } = this.session;
    this.#listenTo(new KernelConnection({ model: kernel, serverSettings: this.settings, handleComms: false }));
    const known = this.on.meet(kernel.id);
    this.on.status(kernel.execution_state === "busy" ? "busy" : "idle");
    if (!known) return "fresh";
    if (!lost) this.on.again();
  }

  /** The server answers with the session of that path if there is one; if it has no kernel to give, ask until it has. */
  async #startSession() {
    const options = { path: this.path, name: this.path, type: "notebook", kernel: { name: KERNEL_NAME } };
    for (;;) {
      try {
        return await startSession(options, this.settings);
      } catch (error) {
        if (error.response?.status !== 503) throw error;
        this.on.status("waiting", error.message);
        await pause(LOOK_AGAIN_MS);
      }
    }
  }

  /** Make sure that there is a kernel; one that the server has put away is replaced. */
  async ensure() {
    await this.connect();
    // An idle kernel is shut down without a word to the page, so ask. It takes milliseconds.
    const connected = this.connection.connectionStatus === "connected";
    const sure = performance.now() - this.connectedAt < SURE_MS && !this.used;
    if (connected && !sure && !(await this.#lives(this.connection))) await this.#replace();
  }

  /** Whether the server still has that kernel. */
  async #lives(connection) {
    const state = await this.server.stateOf(connection.id);
    return state !== undefined && state !== "dead";
  }

  /** Whether this page's kernel is at a cell, of whatever tab; false if that cannot be found out. */
  async isBusy() {
    return Boolean(this.connection) && (await this.server.stateOf(this.connection.id).catch(() => "")) === "busy";
  }

  #replace() {
    return this.#once(async () => {
      this.#drop();
      this.#lose("missing");
      await this.#connect(true);
    });
  }

  /** Leave this kernel to the server and take a fresh one: it has a warm one in hand, which a restart of the old process is not. */
  #renew(reason) {
    return this.#once(async () => {
      this.#drop();
      this.#lose(reason);
      this.on.status("starting");
      if (this.session) await shutdownSession(this.session.id, this.settings);
      await this.#connect(true);
    });
  }

  /** Stop listening to a kernel that is not ours any more. */
  #drop() {
    const connection = this.connection;
    this.connection = null; // first, so that what it says at its end is not heard
    connection?.dispose();
  }

  #listenTo(connection) {
    this.connection = connection;
    this.connectedAt = performance.now();
    this.used = false;
    this.gone = new Promise((resolve, reject) => (this.refuse = reject));
    this.gone.catch(() => {}); // a kernel may go while nobody waits for it
    this.met = false;
    // A connection that does not come about says so only after minutes of tries.
    const watch = setInterval(() => {
      if (this.met || connection !== this.connection) clearInterval(watch);
      else this.#look();
    }, SURE_MS);
    connection.connectionStatusChanged.connect((_, state) => {
      if (connection !== this.connection) return;
      if (state === "connected") {
        if (this.met) this.catchUp?.();
        this.met = true;
        this.heard.catchUp();
      } else if (this.met) this.#look();
    });
    connection.statusChanged.connect((_, state) => {
      if (connection !== this.connection) return;
      if (state === "autorestarting" || state === "dead") this.#renew("died").catch(() => {});
    });
    connection.iopubMessage.connect((_, message) => {
      const { header, parent_header, content } = message;
      if (connection === this.connection) this.heard.hearEarlier(message);
      // Whatever a tab asks as it comes makes the kernel "idle" again, although it is at another tab's cell: cells alone count.
      const ofCell = header.msg_type === "status" && parent_header.msg_type === "execute_request";
      if (ofCell && connection === this.connection) this.on.status(content.execution_state);
    });
  }

  /** Everything that the kernel knew is lost; what was running will not be answered. */
  #lose(reason) {
    this.refuse(new KernelGone(reason));
    this.heard.clear();
    this.gone = new Promise((resolve, reject) => (this.refuse = reject));
    this.gone.catch(() => {});
    this.on.lost(reason);
  }

  /** The connection is down: ask the server until it answers, and find out what became of the kernel. */
  async #look() {
    if (this.looking) return;
    this.looking = true;
    let missed = false;
    const kernel = this.connection?.id;
    try {
      // The library tries once by itself, which is enough for a blink, and for a kernel that was restarted.
      await pause(LOOK_AGAIN_MS);
      for (;;) {
        const state = await this.#askServer();
        if (state === "there") break;
        missed = true;
        this.on.status(state);
        await pause(LOOK_AGAIN_MS);
      }
      if (missed && kernel && this.connection?.id === kernel) this.on.back(await this.isBusy());
    } finally {
      this.looking = false;
    }
  }

  async #askServer() {
    try {
      if (this.changing) return "there"; // somebody is at it
      if (this.connection?.connectionStatus === "connected" && !this.connection.isDisposed) return "there";
      const answer = await fetch(this.probe, { cache: "no-store", credentials: "same-origin" });
      if (answer.status === 403) return "locked";
      if (!answer.ok) return "offline";
      const connection = this.connection;
      if (!connection) {
        if ((await this.connect()) === "fresh") this.on.lost("restarted");
        return "there";
      }
      const lives = await this.#lives(connection);
      if (connection !== this.connection) return "there";
      if (!lives || connection.isDisposed) await this.#replace();
      else if (this.met && connection.connectionStatus !== "connected") await connection.reconnect(); // at the first time the library is at it
      return "there";
    } catch {
      return "offline";
    }
  }

  /** What cells with these texts need, read, give and bind (see needs.js). */
  relations(texts) {
    return this.server.relations(texts);
  }

  /**
   * Run code in the kernel that `ensure` found. Resolves with the kernel's answer; rejects with KernelGone if there will be none.
   *
   * @param {string} code
   * @param {(message: object) => void} handle gets what the code shows, also later if it updates a display from elsewhere
   * @param {(kernel: string, id: string) => void} sent gets the names of the kernel and of the request
   */
  async run(code, handle, sent) {
    if (!this.connection) await this.connect();
    const request = { code, silent: false, store_history: true, allow_stdin: false, stop_on_error: false };
    this.used = true;
    const future = this.connection.requestExecute(request, false);
    const run = { kernel: this.connection.id, id: future.msg.header.msg_id, last: "", error: null };
    sent(run.kernel, run.id);
    future.onIOPub = (message) => {
      if (message.parent_header.msg_id === run.id) run.last = message.header.msg_id; // no update from elsewhere
      if (message.header.msg_type === "error") run.error = message.content;
      handle(message);
    };
    const reply = future.done.then(({ content }) => content);
    reply.catch(() => {}); // the library cancels it when the kernel goes; `gone` says why
    const answer = new Promise((resolve, reject) => {
      reply.then((content) => this.catchUp && resolve(content), () => {});
      this.catchUp = () => {
        this.catchUp = null; // it asks until the run has ended, whatever becomes of the connection
        future.onIOPub = () => {};
        this.#follow(run, handle).then(resolve, reject);
      };
    });
    try {
      const content = await this.#unlessGone(answer);
      if (content.payload?.some(({ source }) => source === "ask_exit")) this.#renew("exited").catch(() => {});
      else {
        const ended = this.heard.add(run, handle, true);
        future.onIOPub = (message) => this.heard.hear(ended, message);
        ended.missed = !this.catchUp; // it was followed without the connection
        if (ended.missed) this.heard.catchUp(); // something may have come since
      }
      const dispose = () => {
        this.heard.forget(run.id);
        future.dispose();
      };
      return { ...content, dispose };
    } finally {
      this.showed();
      this.catchUp = null;
      run.over = true;
    }
  }

  /**
   * Hear a run that was sent before the page was reloaded: the messages that are known, and the rest. If they are `cut`, all is asked of the
   * server, which keeps more. The answer is "unknown", and `never` true, if the request seems not to have reached the kernel.
   */
  async resume({ kernel, id, messages: known, cut }, handle) {
    const messages = cut ? [] : known;
    messages.forEach(handle);
    try {
      await this.connect();
      if (this.connection.id !== kernel) throw new KernelGone("missing");
    } catch (error) {
      if (cut) [note(CUT), ...known].forEach(handle);
      throw error;
    }
    const error = messages.find(({ header }) => header.msg_type === "error")?.content;
    const run = { kernel, id, last: messages.at(-1)?.header.msg_id ?? "", error };
    const answer = await this.#unlessGone(this.#follow(run, handle)).finally(() => (run.over = true));
    this.heard.add(run, handle);
    this.heard.catchUp();
    return { ...answer, dispose: () => this.heard.forget(id) };
  }

  /** Hear a run by way of the server; what is `never` heard of has not reached the kernel, and will not. */
  async #follow(run, handle) {
    const answer = await this.server.follow(run, handle);
    if (!answer.never) return answer;
    // It may wait in the kernel's line, behind a task that computes, or in the client library, which sends what it has held back when the
    // kernel has answered a question: the answer to the next question comes after it.
    for (let answered = 0; answered < 2 && !run.over; ) {
      const question = this.connection?.requestKernelInfo() ?? Promise.reject();
      answered += await question.then(() => 1, () => pause(LOOK_AGAIN_MS).then(() => 0)); // the connection may break again
    }
    return this.server.follow(run, handle);
  }

  /** Wait for an answer of the kernel, and look now and then whether it is still there. */
  #unlessGone(answer) {
    const watch = setInterval(() => this.#notice(this.connection), LOOK_AGAIN_MS);
    return Promise.race([answer, this.gone]).finally(() => clearInterval(watch));
  }

  /** A kernel that another tab of this page has shut down says nothing of it here, so ask while a cell waits for it. */
  async #notice(connection) {
    if (this.changing || connection?.connectionStatus !== "connected") return; // whoever is at it finds out
    const state = await this.server.stateOf(connection.id).catch(() => "unknown");
    if (connection !== this.connection || this.changing) return;
    if (state === "dead") await this.#renew("died").catch(() => {});
    else if (state === undefined) await this.#replace().catch(() => {});
  }

  async interrupt() {
    try {
      if (this.connection) await interruptKernel(this.connection.id, this.settings);
    } catch (error) {
      if (error.response?.status !== 404) throw error;
      await this.#replace();
    }
  }

  /** A fresh kernel for this page. */
  async restart() {
    await this.changing?.catch(() => {});
    return this.#renew("restarted");
  }
}
