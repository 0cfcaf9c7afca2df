// The buttons of one cell, and the keys that work on its code before there is an editor.

import { el } from "./dom.js";

/** Put a Run button under the cell's code; `makeLive` adds the others. */
export class Tools {
  constructor(cell, { run, edit }) {
    this.cell = cell;
    this.runButton = el(
      "button",
      { type: "button", class: "live-run", "aria-label": `Run cell ${cell.number}`, onclick: () => run(cell) },
      el("span", { class: "live-triangle", "aria-hidden": "true" }),
      "Run",
    );
    this.node = el("div", { class: "live-tools", role: "group", "aria-label": `Cell ${cell.number}` }, this.runButton);
    cell.input.append(this.node);
    cell.node.classList.add("live-cell");

    // The code can be reached by Tab, and Shift+Enter works on it at once.
    cell.input.tabIndex = 0;
    cell.input.setAttribute("role", "group");
    cell.input.setAttribute("aria-label", `Code of cell ${cell.number}. Shift+Enter runs it, Enter edits it.`);
    this.onkey = (event) => {
      if (event.target !== cell.input || event.key !== "Enter" || event.altKey) return;
      event.preventDefault();
      if (event.shiftKey || event.ctrlKey || event.metaKey) run(cell, event.shiftKey);
      else edit(cell);
    };
    cell.input.addEventListener("keydown", this.onkey);
  }

  /** From now on the code is in an editor, which has its own keys. */
  makeLive({ runAbove, reset }) {
    const { input, number } = this.cell;
    input.removeEventListener("keydown", this.onkey);
    input.removeAttribute("tabindex");
    input.setAttribute("aria-label", `Cell ${number}`);
    const button = (label, name, action) =>
      el("button", { type: "button", "aria-label": name, onclick: () => action(this.cell) }, label);
    this.resetButton = button("Reset", `Reset cell ${number} to the book’s text and output`, reset);
    this.resetButton.hidden = true;
    this.editedMark = el("span", { class: "live-edited", hidden: true }, "Your edit");
    this.node.prepend(this.editedMark);
    if (number > 1) this.node.append(button("Run above", `Run above: all cells before cell ${number}`, runAbove));
    this.node.append(this.resetButton);
  }
}
