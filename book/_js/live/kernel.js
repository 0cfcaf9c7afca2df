// The page's kernel: found or started through Jupyter's own client library, watched, and found again after an absence.

import { KernelConnection } from "@jupyterlab/services/lib/kernel/default.js";
import { getKernelModel, interruptKernel } from "@jupyterlab/services/lib/kernel/restapi.js";
import { ServerConnection } from "@jupyterlab/services/lib/serverconnection.js";
import { shutdownSession, startSession } from "@jupyterlab/services/lib/session/restapi.js";

const KERNEL_NAME = "python3";
const LOOK_AGAIN_MS = 1000;

/** Why a run ended without an answer; the message is meant for the reader. */
export class KernelGone extends Error {}

/**
 * One page's kernel.
 *
 * It tells its listener, by `on.status(state)`: starting, idle, busy, offline (no answer), locked (the server does not know us);
 * by `on.back()`: the server answers again and the kernel is still there;
 * by `on.lost(reason)`: the variables are gone: "died", "restarted", or "missing" (culled, or the server was started anew).
 */
export class PageKernel {
  constructor({ base, path, probe, on }) {
    this.settings = ServerConnection.makeSettings({ baseUrl: base, token: "", appendToken: false });
    this.path = path;
    this.probe = probe; // address that answers {"kernel": true} to whom it knows
    this.on = on;
    this.connection = null;
    this.connecting = null;
    this.looking = false;
    this.ending = null; // why the current kernel is about to go, if we know
  }

  /** Connect to the kernel of this page: the one it had before a reload, or a fresh one. */
  connect() {
    this.connecting ??= this.#connect().finally(() => (this.connecting = null));
    return this.connecting;
  }

  async #connect() {
    if (this.connection && !this.connection.isDisposed) return;
    this.on.status("starting");
    // The server answers with the session of that path if there is one.
    const options = { path: this.path, name: this.path, type: "notebook", kernel: { name: KERNEL_NAME } };
    this.session = await startSession(options, this.settings);
    this.#listenTo(new KernelConnection({ model: this.session.kernel, serverSettings: this.settings, handleComms: false }));
    const known = sessionStorage.getItem(`live-kernel:${this.path}`);
    sessionStorage.setItem(`live-kernel:${this.path}`, this.connection.id);
    if (known === this.connection.id) this.on.again?.();
  }

  #listenTo(connection) {
    this.connection = connection;
    this.gone = new Promise((resolve, reject) => (this.refuse = reject));
    this.gone.catch(() => {}); // a kernel may go while nobody waits for it
    let met = false;
    connection.connectionStatusChanged.connect((_, state) => {
      if (connection !== this.connection) return;
      if (state === "connected") met = true;
      else if (met) this.#look();
    });
    connection.statusChanged.connect((_, state) => {
      if (connection !== this.connection) return;
      if (state === "idle" || state === "busy") this.on.status(state);
      else if (state === "autorestarting") this.#lose("died");
      else if (state === "dead") this.#look();
    });
  }

  /** Everything that the kernel knew is lost; what was running will not be answered. */
  #lose(reason) {
    this.refuse(new KernelGone(reason));
    this.gone = new Promise((resolve, reject) => (this.refuse = reject));
    this.gone.catch(() => {});
    this.on.lost(reason);
  }

  /** The connection is down: ask the server until it answers, and find out what became of the kernel. */
  async #look() {
    if (this.looking) return;
    this.looking = true;
    try {
      for (;;) {
        const state = await this.#askServer();
        if (state === "there") return;
        this.on.status(state);
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
    } finally {
      this.looking = false;
    }
  }

  async #askServer() {
    try {
      const answer = await fetch(this.probe, { cache: "no-store", credentials: "same-origin" });
      if (answer.status === 403) return "locked";
      if (!answer.ok) return "offline";
      const model = await getKernelModel(this.connection.id, this.settings);
      if (model && model.execution_state !== "dead" && !this.connection.isDisposed) {
        if (this.connection.connectionStatus !== "connected") await this.connection.reconnect();
        this.on.back();
      } else {
        this.connection.dispose();
        this.connection = null;
        this.#lose("missing");
        await this.connect();
      }
      return "there";
    } catch {
      return "offline";
    }
  }

  /**
   * Run code. Resolves with the kernel's answer; rejects with KernelGone if there will be none.
   *
   * @param {string} code
   * @param {(message: object) => void} handle gets what the code shows, also later if it updates a display from elsewhere
   */
  async run(code, handle) {
    await this.connect();
    const request = { code, silent: false, store_history: true, allow_stdin: false, stop_on_error: false };
    const future = this.connection.requestExecute(request, false);
    future.onIOPub = handle;
    const answer = future.done.then((reply) => reply.content);
    answer.catch(() => {}); // the library cancels it when the kernel goes; `gone` says why
    return Promise.race([answer, this.gone]).then((content) => ({ ...content, future }));
  }

  interrupt() {
    return interruptKernel(this.connection.id, this.settings);
  }

  /** A fresh kernel for this page; the server has a warm one in hand, which a restart of the old process would not be. */
  async restart() {
    const { id } = this.session;
    this.connection.dispose();
    this.connection = null;
    this.#lose("restarted");
    this.on.status("starting");
    await shutdownSession(id, this.settings);
    await this.connect();
  }
}
