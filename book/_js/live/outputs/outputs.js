// What a run shows: the kernel's messages, one after the other, as nodes of the page.

import { el } from "../dom.js";
import { pause } from "../server.js";
import { drawing } from "./drawing.js";
import { errorNode } from "./errors.js";
import { latexText, typesetFormulas } from "./formulas.js";
import { jsonTree } from "./json.js";
import { cannotShow } from "./left-out.js";
import { htmlBox } from "./shadow.js";
import { StreamState, Terminal, terminalText } from "./terminal.js";
import { Transcript } from "./transcript.js";

const RANK = [
  ...["text/html", "image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp"],
  ...["text/latex", "text/markdown", "application/json", "text/plain"],
];
const MOST_BOXES = 500; // a loop that prints to both streams in turn, or shows a picture each time
const MOST_SOURCE = 50_000; // characters of Markdown or LaTeX; more are shown as they are
const MOST_MARKS = 5000;
const LONGEST_WORD = 2000; // characters of what may be an address of mail
const MOST_FIELDS = 20_000; // of a table of Markdown, whose rows are filled up to its head's width
const DEEP = /^(?:[ \t]*(?:[-*+>]|\d+[.)])){60}/m; // lists and quotations inside of each other
const RULED = /^[\s>|:-]*$/; // the line below its head
const OBJECT = /^<[^<>]*(object|at 0x[0-9a-f]+)>$/; // how Python writes what has no text of its own

export class Outputs {
  /** `describe(n)` gives the text alternative of the run's n-th picture (counting from 0); `cellOfRun(n)` the page's number of Python's n-th run. */
  constructor(describe, cellOfRun = () => undefined) {
    this.node = el("div", { class: "live-body" });
    this.describe = describe;
    this.cellOfRun = cellOfRun;
    this.displays = new Map(); // display id → nodes, for update_display
    this.streams = new Map(); // name → colours and unfinished escapes, kept from one box of a stream to its next
    this.transcript = new Transcript();
    this.pictures = 0;
    this.dropped = 0;
  }

  handle(message) {
    try {
      return this.#handle(message);
    } catch {
      // A cell can send what no library would; the outputs after it are shown all the same.
      this.#add(el("p", { class: "live-left-out" }, "An output that is not of Jupyter’s form was left out."));
      return undefined;
    }
  }

  #handle({ header, content }) {
    switch (header.msg_type) {
      case "stream":
        return this.#stream(content);
      case "display_data":
      case "execute_result":
        return this.#display(content);
      case "update_display_data":
        return this.#update(content);
      case "error":
        return this.#error(content);
      case "clear_output":
        // With `wait`, the old output stays until the new one is there: an animation that does not flicker.
        if (content.wait) this.clearNext = true;
        else this.clear();
        return undefined;
      default:
        return false;
    }
  }

  clear() {
    this.clearNext = false;
    this.terminal = null;
    this.transcript = new Transcript();
    this.pictures = 0;
    this.dropped = 0;
    this.notice = null;
    this.node.replaceChildren();
  }

  /** The run has ended without a word; a thread may say one later. */
  sayNothing() {
    this.node.append((this.nothing = el("p", { class: "live-nothing" }, "Done. It shows nothing.")));
  }

  get empty() {
    return !this.node.hasChildNodes();
  }

  /** The run is over: draw what is still waiting for the next frame. */
  end() {
    this.#endStream();
  }

  /** Draw what the stream has left; a progress bar that has wiped itself away leaves nothing. */
  #endStream() {
    this.terminal?.flush();
    if (this.terminal?.blank) this.terminal.node.remove();
    this.terminal = null;
  }

  #add(node) {
    if (this.clearNext) this.clear();
    this.#endStream();
    this.nothing?.remove();
    this.node.append(node);
    this.#dropOld();
    announceLiveFigures(node);
    return node;
  }

  #dropOld() {
    const extra = this.node.childElementCount - (this.notice ? 1 : 0) - MOST_BOXES;
    if (extra <= 0) return;
    if (!this.notice) {
      this.notice = this.transcript.notice();
      this.node.prepend(this.notice.node);
    }
    const gone = new Set([...this.node.children].slice(1, 1 + extra));
    for (const node of gone) node.remove();
    for (const [id, shown] of this.displays) if (shown.every(({ node }) => gone.has(node))) this.displays.delete(id);
    this.dropped += extra;
    this.notice.say(`${this.dropped} earlier ${this.dropped === 1 ? "output is" : "outputs are"} left out; what was printed can be saved.`);
  }

  #error({ ename, evalue, traceback }) {
    // An exception may say itself how it is shown: as nothing, or as one text.
    const parts = [traceback].flat().filter((part) => typeof part === "string" && part);
    const node = errorNode(ename, parts.length ? parts : [`${ename}: ${evalue}`], this.cellOfRun);
    this.#add(node);
    for (const pre of node.querySelectorAll("pre")) pre.tabIndex = 0;
  }

  #stream({ name, text }) {
    if (typeof text !== "string") throw new TypeError(`text: ${typeof text}`);
    if (this.clearNext) this.clear();
    if (this.terminal?.stream !== name) {
      if (!this.streams.has(name)) this.streams.set(name, new StreamState());
      const terminal = Object.assign(new Terminal(this.streams.get(name), this.transcript), { stream: name });
      terminal.node.className = `live-stream live-${name === "stderr" ? "stderr" : "stdout"}`;
      this.#add(terminal.node);
      this.terminal = terminal;
    }
    this.terminal.write(text);
  }

  #display({ data, metadata, transient }) {
    const first = this.pictures;
    const node = this.#add(this.#render(data, metadata));
    if (metadata?.pager) node.classList.add("live-page"); // the help on a name
    const id = nameOf(transient?.display_id);
    if (id) this.displays.set(id, [...(this.displays.get(id) ?? []), { node, first }]);
  }

  #update({ data, metadata, transient }) {
    const shown = this.displays.get(nameOf(transient?.display_id));
    if (!shown) return;
    const { pictures } = this;
    for (const display of shown) {
      this.pictures = display.first; // it is the same picture, with another content
      const node = this.#render(data, metadata);
      display.node.replaceWith(node);
      announceLiveFigures(node);
      display.node = node;
    }
    this.pictures = Math.max(pictures, this.pictures);
  }

  #render(data, metadata = {}) {
    const kind = RANK.find((type) => type in data);
    const box = el("div", { class: `live-display live-${(kind ?? "text/plain").split(/[/+]/)[1]}` });
    const value = kind && textOf(data[kind]);
    const readable = kind === "application/json" || typeof value === "string";
    const sentences = !kind ? [] : readable ? this.#fill(box, kind, value, metadata?.[kind] ?? {}) : [`An output of the kind ${kind} was left out: it is no text.`];
    const plain = textOf(data["text/plain"]);
    const text = typeof plain === "string" ? plain.trim() : "";
    // What is left when all else had to go; how Python names the object helps nobody.
    if (sentences.blank && text && !OBJECT.test(text)) box.append(terminalText(text));
    leaveOut(box, [...cannotShow(data, kind), ...sentences]);
    if (kind === "text/plain" && OBJECT.test(text) && box.childElementCount > 1) box.firstChild.remove();
    return box;
  }

  /** Put an output into its box; returns sentences about what had to be left out of it. */
  #fill(box, kind, value, { width, height }) {
    if (kind === "text/html") {
      const { host, leftOut, blank } = htmlBox(value);
      if (!blank || !leftOut.length) box.append(host);
      return Object.assign(leftOut, { blank });
    }
    if (kind === "image/svg+xml") {
      const { svg, leftOut } = drawing(value, this.#alt());
      if (svg || !leftOut.length) box.append(svg ?? el("pre", {}, "(a drawing that is not valid SVG)"));
      return Object.assign(leftOut, { blank: !svg });
    }
    if (kind.startsWith("image/")) box.append(el("img", { src: `data:${kind};base64,${value.trim()}`, alt: this.#alt(), width, height }));
    else if (kind === "text/latex" && value.length < MOST_SOURCE) latex(box, value);
    else if (kind === "text/markdown" && isReadable(value)) markdown(box, value);
    else if (kind === "application/json") box.append(jsonTree(value));
    else box.append(terminalText(String(value)));
    return [];
  }

  #alt() {
    return this.describe(this.pictures++);
  }
}

/** Whether Markdown can be read in a moment: its marks are compared with each other. */
function isReadable(markdown) {
  if (markdown.length >= MOST_SOURCE) return false;
  const lines = markdown.split("\n");
  const columns = lines.reduce((most, line) => (RULED.test(line) ? Math.max(most, line.split("|").length - 1) : most), 0);
  if (columns * lines.length > MOST_FIELDS || markdown.split(/\s+/).some((word) => word.length > LONGEST_WORD && word.includes("@"))) return false;
  return !DEEP.test(markdown) && (markdown.match(/[_*~`[\]<]/g)?.length ?? 0) < MOST_MARKS;
}

/** A display's name as text; Python takes any value for one. */
function nameOf(id) {
  return typeof id === "object" ? JSON.stringify(id ?? "") : id;
}

/** A kernel sends text as one string or as a list of lines. */
function textOf(value) {
  return Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("") : value;
}

/** Say quietly what an output had that this page does not show. */
function leaveOut(box, sentences) {
  const few = sentences.slice(0, 5);
  if (sentences.length > few.length) few.push(`${sentences.length - few.length} more things were left out for such reasons.`);
  box.append(...few.map((sentence) => el("p", { class: "live-left-out" }, sentence)));
}

/** Let the live figures' loader know that there is something to mount (it listens on the document). */
function announceLiveFigures(node) {
  // After the node is in the page, which it is when the current message has been handled.
  if (node.querySelector("svg metadata[data-live-figure]"))
    queueMicrotask(() => node.dispatchEvent(new CustomEvent("output-rendered", { bubbles: true })));
}

function latex(box, value) {
  const node = latexText(value);
  box.append(node);
  typesetFormulas(node).catch(() => {});
}

let markdownLine = Promise.resolve();

/** Markdown by a library that comes when it is needed; until then, and where it does not come, its source. */
function markdown(box, value) {
  const source = terminalText(value);
  box.append(source);
  const here = new URL("live-markdown.js", import.meta.url);
  markdownLine = markdownLine
    .then(() => pause(0)) // a reader may scroll between one and the next
    .then(() => import(here.href))
    .then(({ markdownToHtml }) => {
      const { host, leftOut } = htmlBox(markdownToHtml(value));
      source.replaceWith(host);
      leaveOut(box, leftOut);
      return typesetFormulas(host.shadowRoot);
    })
    .catch(() => {});
}
