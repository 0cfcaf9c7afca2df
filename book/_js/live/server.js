// What a page asks of the book's server beside Jupyter's own services (booksite/server).

import { listRunning } from "@jupyterlab/services/lib/kernel/restapi.js";
import { ServerConnection } from "@jupyterlab/services/lib/serverconnection.js";

const FOLLOW_MS = 200; // between two questions for what a run has shown
const LOOK_AGAIN_MS = 1000;
export const CUT = "\n… what came while this page was away was too long to be kept whole …\n";
const MOST_LOOKS = 60;
const MOST_REFUSALS = 5;
const PATIENT_LOOKS = 10; // after which an idle kernel is believed not to know a run

const NOTHING = { messages: [], idle: true, refused: true };

export class BookServer {
  /** `settings` are the client library's. */
  constructor(settings) {
    this.settings = settings;
  }

  /** What the server says of a kernel: idle, busy, dead …; undefined if it is not there. (To ask for the list is no failed request then.) */
  async stateOf(kernel) {
    const models = await listRunning(this.settings);
    return models.find(({ id }) => id === kernel)?.execution_state;
  }

  /** Whether the server has a kernel of that name; null if it does not answer. */
  isThere(kernel) {
    return this.stateOf(kernel).then((state) => state !== undefined, () => null);
  }

  /** What cells with these texts need, read, give and bind (see needs.js); found out without running them. */
  async relations(texts) {
    const { cells } = await this.#ask("api/relations", { method: "POST", body: JSON.stringify(texts) });
    return cells;
  }

  /**
   * Hear what a run shows until it ends: the server keeps what comes while nobody listens.
   *
   * @param {{kernel: string, id: string, last: object?, error: object?, over: boolean?}} run its kernel, its request, the header of the
   *   last message that is known, the error that was among those; `known` gets the names of all that come; `over` is set by whoever does not want to hear more
   * @param {(message: object) => void} handle
   * @returns {Promise<{status: string, never: boolean?}>} as a kernel's answer; "unknown" if the run is not among those that the server has
   *   heard of, with `never` if no message of it has ever come although the kernel has been idle for a while
   */
  async follow(run, handle) {
    let never = !run.last;
    let refusals = 0;
    for (let quiet = 0; !run.over; quiet += 1) {
      const said = await this.outputs(run).catch(({ refused }) => {
        refusals += refused ? 1 : 0;
        return refused === 404 || refusals > MOST_REFUSALS ? NOTHING : null; // else it may come back
      });
      if (run.over) break;
      if (!said || said.refused || said.cut || said.messages.length) never = false;
      if (said?.cut && said.messages.length) handle(note(CUT));
      learn(run, said);
      for (const message of said?.messages ?? []) {
        if (message.header.msg_type === "error") run.error = message.content;
        handle(message);
      }
      if (said?.ended) return run.error ? { status: "error", ...run.error } : { status: "ok" };
      if (!said?.idle || said.messages.length) quiet = 0;
      if (quiet === PATIENT_LOOKS) break;
      await pause(said ? FOLLOW_MS : LOOK_AGAIN_MS);
    }
    return { status: "unknown", never: never && !run.over };
  }

  /** What the server has kept of what a run has shown, after the message with the header `last`. */
  outputs({ kernel, id, last }) {
    const { msg_id: after = "", date: at = "" } = last ?? {};
    return this.#ask(`api/kernels/${kernel}/outputs?${new URLSearchParams({ request: id, after, at })}`, {});
  }

  async #ask(path, request) {
    const address = new URL(path, this.settings.baseUrl).href;
    const answer = await ServerConnection.makeRequest(address, { cache: "no-store", ...request }, this.settings);
    if (!answer.ok) throw Object.assign(new Error(`status ${answer.status}`), { refused: answer.status });
    return answer.json();
  }
}

/** Ask until there is an answer: for a minute while the server cannot be reached, a few times while it refuses; null if there is none. */
export async function persist(ask) {
  for (let [looks, refusals] = [0, 0]; looks < MOST_LOOKS && refusals < MOST_REFUSALS; looks += 1) {
    try {
      return await ask();
    } catch (error) {
      if (error.refused === 404) break;
      refusals += error.refused ? 1 : 0;
    }
    await pause(LOOK_AGAIN_MS);
  }
  return null;
}

/** Note what the server has told of a run: its messages, and others whose time has passed, may come by the connection, too. */
export function learn(run, said) {
  for (const { header } of said?.messages ?? []) {
    run.known.add(header.msg_id);
    run.last = header;
  }
  for (const name of said?.superseded ?? []) run.known.add(name);
}

/** A line of our own among what a run prints. */
export function note(text) {
  return { header: { msg_type: "stream" }, content: { name: "stderr", text } };
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
