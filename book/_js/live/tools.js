// The buttons of one cell, and the keys that work on its code before there is an editor.

import { el } from "./dom.js";
import { openField } from "./early.js";

const DOUBLE_MS = 250; // between the clicks of a double click
const WRITING = new Set(["Backspace", "Delete", "Home", "End", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);
const SOON_MS = 1000; // a run that takes longer can be stopped here; a second click of somebody in doubt comes before

/** The buttons under a cell's code: Run, and what `makeLive` adds. */
export class Tools {
  constructor(cell, { run, edit, textOf, typed, prepare }) {
    this.cell = cell;
    this.runs = () => run(cell);
    this.actions = { edit, textOf, typed };
    this.runButton = el("button", { type: "button", class: "live-run", onclick: (event) => this.#click(event), onpointerdown: prepare });
    this.number = el("span", { class: "live-number" });
    this.node = el("div", { class: "live-tools", role: "group", "aria-label": `Cell ${cell.number}` }, this.number, this.runButton);
    this.setState(null);
    cell.input.append(this.node);
    cell.node.classList.add("live-cell");

    // The code can be reached by Tab, and Shift+Enter works on it at once; who clicks into it wants to change it.
    cell.input.tabIndex = 0;
    cell.input.setAttribute("role", "group");
    cell.input.setAttribute("aria-label", `Code of cell ${cell.number}. Shift+Enter runs it, Enter edits it.`);
    this.onkey = (event) => {
      if (this.#isButton(event.target) || event.altKey) return;
      if (event.key !== "Enter") return this.#type(event);
      const runs = event.shiftKey || event.ctrlKey || event.metaKey;
      if (this.field && !runs) return; // a new line
      event.preventDefault();
      if (!runs) this.#edit();
      else if (!event.repeat) run(cell, event.shiftKey);
    };
    this.onclick = ({ target, clientX, clientY }) => {
      clearTimeout(this.clicked);
      this.waits = null;
      if (this.#isButton(target)) return;
      if (this.field) return void this.#edit(); // perhaps the script comes this time
      this.waits = () => {
        this.waits = null;
        if (getSelection().isCollapsed) this.#edit({ x: clientX, y: clientY });
      };
      this.clicked = setTimeout(this.waits, DOUBLE_MS); // who clicks twice, or has pulled over the text, wants to copy some of it
    };
    cell.input.addEventListener("keydown", this.onkey);
    cell.input.addEventListener("click", this.onclick);
  }

  /** Who types after a click has not meant a double click: the editor opens at once, and the key goes there (Ctrl+A, too). */
  #type({ key }) {
    if (!this.waits || (key.length > 1 && !WRITING.has(key))) return;
    clearTimeout(this.clicked);
    this.waits();
  }

  /** Open the editor, with the caret at a point of the screen. Its script may be on its way still: what is typed meanwhile goes into a field. */
  async #edit(place) {
    const { cell } = this;
    const { edit, textOf, typed } = this.actions;
    if (!this.session && !this.field) {
      const { base, text } = textOf(cell);
      this.field = openField(cell, text, place, (written) => typed(cell, base, written));
    }
    this.number.textContent = `cell ${cell.number} opens…`;
    await edit(cell, this.field ? undefined : place);
    this.number.textContent = this.title;
  }

  /** A second click or tap that follows at once is one too many. */
  #click({ detail, timeStamp }) {
    const again = detail > 0 && timeStamp - this.pressed < DOUBLE_MS; // a key's click has no detail
    this.pressed = timeStamp;
    if (!again && detail < 2) this.press();
  }

  #isButton(node) {
    return node.closest("button, a, summary, .live-tools") !== null;
  }

  /** Say what the button does, and do that when it is pressed. */
  #offer(what, press) {
    this.press = press;
    const triangle = el("span", { class: "live-triangle", "aria-hidden": "true" });
    this.runButton.replaceChildren(...(what === "Run" ? [triangle, what] : [what]));
    this.runButton.setAttribute("aria-label", `${what.split(" ")[0]} cell ${this.cell.number}`);
  }

  /** From now on the code is in an editor, which has its own keys. */
  edited() {
    const { input, number } = this.cell;
    clearTimeout(this.clicked); // the caret stays where the reader is writing
    this.waits = null;
    input.removeEventListener("keydown", this.onkey);
    input.removeEventListener("click", this.onclick);
    input.removeAttribute("tabindex");
    input.setAttribute("aria-label", `Cell ${number}`);
  }

  /** The page is in use; who goes into the code before its editor is open opens it. */
  makeLive(session) {
    const { runAbove, reset } = session;
    const { number } = this.cell;
    this.session = session;
    const button = (label, name, title, action) =>
      el("button", { type: "button", class: `live-${label.split(" ").at(-1).toLowerCase()}`, "aria-label": name, title, onclick: () => action(this.cell) }, label);
    this.resetButton = button("Reset", `Reset cell ${number} to the book’s text and output`, "Back to the book’s text and output. Ctrl+Z in the code undoes it.", reset);
    this.resetButton.hidden = true;
    this.editedMark = el("span", { class: "live-edited", hidden: true }, "Your edit");
    this.node.prepend(this.editedMark);
    if (number > 1) this.node.append(button("Run above", `Run above: all cells before cell ${number}`, "Runs all cells above this one, not this one.", runAbove));
    this.node.append(this.resetButton);
  }

  /** Offer what can be done in a state of the cell (see LiveCell): to stop a run that takes its time, not to wait any longer, or to run. */
  setState(state) {
    clearInterval(this.clock);
    const word = { queued: " waits", dropped: " did not run" }[state] ?? "";
    this.title = `cell ${this.cell.number}${word}`;
    this.number.textContent = this.title;
    if (state === "queued" && this.session) return this.#offer("Cancel", () => this.session.cancel(this.cell));
    this.#offer("Run", this.runs);
    if (state !== "running" || !this.session) return undefined;
    const start = performance.now();
    let verb = "Stop";
    const stop = () => {
      verb = "Stopping";
      show();
      this.session.interrupt();
    };
    const show = () => this.#offer(`${verb} (${Math.round((performance.now() - start) / 1000)} s)`, stop);
    this.clock = setInterval(show, SOON_MS);
    return undefined;
  }
}
