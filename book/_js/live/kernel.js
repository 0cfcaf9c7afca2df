// The page's kernel: found or started through Jupyter's own client library, watched, and found again after an absence.

import { KernelConnection } from "@jupyterlab/services/lib/kernel/default.js";
import { interruptKernel } from "@jupyterlab/services/lib/kernel/restapi.js";
import { ServerConnection } from "@jupyterlab/services/lib/serverconnection.js";
import { shutdownSession, startSession } from "@jupyterlab/services/lib/session/restapi.js";
import { KernelGone, Runs } from "./runs.js";
import { BookServer, pause } from "./server.js";

const KERNEL_NAME = "python3";
const LOOK_AGAIN_MS = 1000;
const SURE_MS = 3000; // how long a kernel that the server has just given, and that has run nothing, is not asked for

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
    this.runs = new Runs(this);
    this.path = path;
    this.probe = probe; // address that answers {"kernel": true} to whom it knows
    this.on = on;
    this.connection = null;
    this.changing = null; // the change of kernel that is going on
    this.looking = false;
    this.missed = false; // whether the reader knows of it
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
    const sure = performance.now() - this.connectedAt < SURE_MS && !this.runs.used;
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
  renew(reason) {
    return this.#once(async () => {
      const lose = () => {
        this.on.status("starting"); // first: it takes back what was said of a server that does not answer
        this.#drop();
        this.#lose(reason);
      };
      if (reason !== "restarted") lose();
      await this.#shutDown();
      if (reason === "restarted") lose(); // not before it is so
      await this.#connect(true);
    });
  }

  /** Have the server end the kernel, as soon as it can be reached. */
  async #shutDown() {
    while (this.session) {
      try {
        return await shutdownSession(this.session.id, this.settings);
      } catch (error) {
        if (error.response?.status < 500) return undefined; // it does not know it (any more)
        this.on.status("offline");
        await pause(LOOK_AGAIN_MS);
      }
    }
    return undefined;
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
    this.runs.used = false;
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
        this.runs.catchUp(this.met);
        this.met = true;
      } else if (this.met) this.#look();
    });
    connection.statusChanged.connect((_, state) => {
      if (connection !== this.connection) return;
      if (state === "autorestarting" || state === "dead") this.renew("died").catch(() => {});
    });
    connection.iopubMessage.connect((_, message) => {
      const { header, parent_header, content } = message;
      if (connection === this.connection) this.runs.heard.hearEarlier(message);
      // Whatever a tab asks as it comes makes the kernel "idle" again, although it is at another tab's cell: cells alone count.
      const ofCell = header.msg_type === "status" && parent_header.msg_type === "execute_request";
      if (ofCell && connection === this.connection) this.on.status(content.execution_state);
    });
  }

  /** Everything that the kernel knew is lost; what was running will not be answered. */
  #lose(reason) {
    this.refuse?.(new KernelGone(reason));
    this.runs.heard.clear();
    this.gone = new Promise((resolve, reject) => (this.refuse = reject));
    this.gone.catch(() => {});
    this.on.lost(reason);
  }

  /** The reader has been told that the server does not answer: tell them when it does. */
  lookOut() {
    this.missed = true;
    this.#look();
  }

  /** The connection is down, or a question had no answer: ask the server until it answers, and find out what became of the kernel. */
  async #look() {
    if (this.looking) return;
    this.looking = true;
    const kernel = this.connection?.id;
    try {
      // The library tries once by itself, which is enough for a blink, and for a kernel that was restarted.
      await pause(LOOK_AGAIN_MS);
      for (;;) {
        const state = await this.#askServer();
        if (state === "there") break;
        this.missed = true;
        this.on.status(state);
        await pause(LOOK_AGAIN_MS);
      }
      if (this.missed && kernel && this.connection?.id === kernel) this.on.back(await this.isBusy());
    } finally {
      this.looking = this.missed = false;
    }
  }

  async #askServer() {
    try {
      if (this.changing) return "there"; // somebody is at it
      const answer = await fetch(this.probe, { cache: "no-store", credentials: "same-origin" });
      if (answer.status === 403) return "locked";
      if (!answer.ok) return "offline";
      const { connection } = this;
      if (connection?.connectionStatus === "connected" && !connection.isDisposed) return "there";
      if (!connection) {
        const before = this.session;
        if ((await this.connect()) === "fresh" && before) this.on.lost("restarted");
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

  /** Wait for an answer of the kernel, and look now and then whether it is still there. */
  unlessGone(answer) {
    const watch = setInterval(() => this.notice(), LOOK_AGAIN_MS);
    return Promise.race([answer, this.gone]).finally(() => clearInterval(watch));
  }

  /** A kernel that another tab of this page has shut down says nothing of it here, so ask while a cell waits for it. */
  async notice() {
    const { connection } = this;
    if (this.changing || connection?.connectionStatus !== "connected") return; // whoever is at it finds out
    const state = await this.server.stateOf(connection.id).catch(() => "unknown");
    if (connection !== this.connection || this.changing) return;
    if (state === "dead") await this.renew("died").catch(() => {});
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
    return this.renew("restarted");
  }
}
