// What Python says of an error: first where it is in the reader's cell and what went wrong; the way there, through libraries, on demand.

import { el } from "../dom.js";
import { terminalText } from "./terminal.js";

const LONG = 16; // lines of a traceback from which on it is folded
const COLOUR = String.raw`(?:\x1b\[[\d;]*m)*`;
const COLOURS = new RegExp(COLOUR, "g");
const RUN = new RegExp(String.raw`Cell(${COLOUR} ${COLOUR})In\[(\d+)\]`, "g"); // how Python names a run, whatever cell that was
const OWN = /^\s*(Cell|cell) /;
const FOLDED = {
  KeyboardInterrupt: "This cell was interrupted.",
  StdinNotImplementedError: "This cell asked for input.",
};

/** An error as a node; `cellOfRun(n)` gives the page's number of the cell that was Python's n-th run, if it is known. */
export function errorNode(ename, traceback, cellOfRun) {
  const parts = traceback.map((part) => part.replace(RUN, (whole, between, count) => (cellOfRun(Number(count)) ? `cell${between}${cellOfRun(Number(count))}` : whole)));
  const whole = parts.join("\n");
  const box = el("div", { class: "live-error", role: "group", "aria-label": "Error" });
  if (Object.hasOwn(FOLDED, ename)) box.append(fold(FOLDED[ename], whole));
  else if (whole.split("\n").length <= LONG || parts.length < 4) box.append(terminalText(whole));
  else {
    const own = parts.filter((part) => OWN.test(part.replace(COLOURS, "")));
    box.append(terminalText([...own, parts.at(-1)].join("\n")), fold("The whole traceback, through the libraries", whole));
  }
  return box;
}

function fold(summary, text) {
  return el("details", {}, el("summary", {}, summary), terminalText(text));
}
