// What a reader types before the editor is there: its script may be on its way still. A plain text field takes it, over the printed code.

import { el } from "./dom.js";

/** The printed code of a cell: its `pre` and the box around that. */
export function printOf(input) {
  const box = [...input.children].find((child) => child.matches("[class*=highlight]"));
  return { box, pre: box?.querySelector("pre") };
}

/** Give an element the measures of the printed code, so that nothing moves when it takes its place. */
export function matchPrint(place, pre) {
  if (!pre) return;
  const style = getComputedStyle(pre);
  for (const property of ["font-size", "line-height", "padding", "margin", "font-family"])
    place.style.setProperty(`--live-${property}`, style.getPropertyValue(property));
}

/**
 * Put a field with `text` over a cell's printed code, and the caret at a point of the screen; `typed(text)` hears what is written.
 *
 * The print with its colours is seen through it until something is written.
 */
export function openField({ input, number }, text, place, typed) {
  const { pre } = printOf(input);
  const caret = place ? Math.min(offsetAt(pre, place), text.length) : 0;
  const oninput = () => {
    field.classList.add("live-typed");
    typed(field.value);
  };
  const label = `Python code of cell ${number}`;
  const field = el("textarea", { class: "live-early", "aria-label": label, spellcheck: "false", autocapitalize: "off", wrap: "off", oninput });
  matchPrint(field, pre);
  field.value = text;
  pre.parentElement.append(field);
  field.setSelectionRange(caret, caret);
  field.focus({ preventScroll: true });
  return field;
}

/** How many characters of an element's text stand before a point of the screen. */
function offsetAt(node, { x, y }) {
  const at = document.caretPositionFromPoint?.(x, y);
  const range = at ? document.createRange() : document.caretRangeFromPoint?.(x, y);
  if (at) range.setStart(at.offsetNode, at.offset);
  if (!range || !node.contains(range.startContainer)) return 0;
  range.setEnd(range.startContainer, range.startOffset);
  range.setStart(node, 0);
  return range.toString().length;
}

/** Let an editor take the place of a cell's field; whoever was writing goes on. */
export function handOver(tools, editor) {
  const { field } = tools;
  tools.field = null;
  const { selectionStart: anchor, selectionEnd: head } = field;
  const writes = document.activeElement === field;
  editor.dispatch({ selection: { anchor, head } });
  field.remove();
  if (writes) editor.contentDOM.focus({ preventScroll: true });
}
