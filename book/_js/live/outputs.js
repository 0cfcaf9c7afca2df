// What a run shows: the kernel's messages, one after the other, as nodes of the page.

import { el } from "./dom.js";
import { safeHtml, safeSvg } from "./sanitize.js";
import { Terminal, terminalText } from "./terminal.js";

const RANK = ["text/html", "image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp", "text/latex", "text/markdown", "text/plain"];

export class Outputs {
  /** `describe(n)` gives the text alternative of the run's n-th picture (counting from 0). */
  constructor(describe) {
    this.node = el("div", { class: "live-body" });
    this.describe = describe;
    this.displays = new Map(); // display id → nodes, for update_display
    this.pictures = 0;
  }

  handle(message) {
    const content = message.content;
    switch (message.header.msg_type) {
      case "stream":
        return this.#stream(content);
      case "display_data":
      case "execute_result":
        return this.#display(content);
      case "update_display_data":
        return this.#update(content);
      case "error":
        return this.#error(content.traceback.join("\n"));
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
    this.pictures = 0;
    this.node.replaceChildren();
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
    if (this.terminal?.blank) this.terminal.node.parentNode.remove();
    this.terminal = null;
  }

  #add(node) {
    if (this.clearNext) this.clear();
    this.#endStream();
    this.node.append(node);
    announceLiveFigures(node);
    return node;
  }

  #error(traceback) {
    const text = terminalText(traceback);
    this.#add(el("div", { class: "live-error", role: "group", "aria-label": "Error" }, text));
    text.tabIndex = 0;
    requestAnimationFrame(() => (text.scrollTop = text.scrollHeight)); // what went wrong stands at the end
  }

  #stream({ name, text }) {
    if (this.clearNext) this.clear();
    if (this.terminal?.stream !== name) {
      const terminal = new Terminal();
      this.#add(el("div", { class: `live-stream live-${name}` }, terminal.node));
      this.terminal = Object.assign(terminal, { stream: name });
    }
    this.terminal.write(text);
  }

  #display({ data, transient }) {
    const node = this.#add(this.#render(data));
    const id = transient?.display_id;
    if (id) this.displays.set(id, [...(this.displays.get(id) ?? []), node]);
  }

  #update({ data, transient }) {
    const nodes = this.displays.get(transient?.display_id) ?? [];
    const updated = nodes.map((old) => {
      const node = this.#render(data);
      old.replaceWith(node);
      announceLiveFigures(node);
      return node;
    });
    this.displays.set(transient?.display_id, updated);
  }

  #render(data) {
    const kind = RANK.find((type) => type in data) ?? "text/plain";
    const value = [data[kind] ?? ""].flat().join("");
    const box = el("div", { class: `live-display live-${kind.split(/[/+]/)[1]}` });
    if (kind === "text/html") box.append(safeHtml(value));
    else if (kind === "image/svg+xml") box.append(this.#drawing(value));
    else if (kind.startsWith("image/")) box.append(el("img", { src: `data:${kind};base64,${value.trim()}`, alt: this.#alt() }));
    else if (kind === "text/latex") typeset(box, value);
    else box.append(terminalText(value));
    return box;
  }

  #drawing(value) {
    const svg = safeSvg(value);
    if (!svg) return el("pre", {}, "(a drawing that is not valid SVG)");
    const alt = this.#alt();
    svg.classList.add("plot");
    if (!svg.hasAttribute("role")) svg.setAttribute("role", "img");
    if (!svg.hasAttribute("aria-label") && !svg.hasAttribute("aria-labelledby")) svg.setAttribute("aria-label", alt);
    // As wide as its column, at most so many times its own width as the build allows the stored drawings.
    const width = svg.getAttribute("width")?.match(/^[\d.]+(pt|px)?$/);
    if (width && svg.hasAttribute("viewBox")) {
      svg.style.maxWidth = `calc(${width[0]}${width[1] ? "" : "px"} * var(--figure-scale, 1))`;
      svg.removeAttribute("width");
      svg.removeAttribute("height");
    }
    return svg;
  }

  #alt() {
    return this.describe(this.pictures++);
  }
}

/** Let the live figures' loader know that there is something to mount (it listens on the document). */
function announceLiveFigures(node) {
  // After the node is in the page, which it is when the current message has been handled.
  if (node.querySelector("svg metadata[data-live-figure]"))
    queueMicrotask(() => node.dispatchEvent(new CustomEvent("output-rendered", { bubbles: true })));
}

/** Formulas through the page's MathJax, which knows \( \) and \[ \]; as source where there is none. */
function typeset(box, value) {
  const inner = value.trim().replace(/^\$\$([^]*)\$\$$/, "\\[$1\\]").replace(/^\$([^]*)\$$/, "\\($1\\)");
  box.classList.add("tex2jax_process", "mathjax_process");
  box.textContent = inner;
  queueMicrotask(() => window.MathJax?.typesetPromise?.([box]).catch(() => {}));
}
