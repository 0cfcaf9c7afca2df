// What may be folded around a cell: `details` (hidden code), and the book's solutions, which sphinx-togglebutton folds.

const CLOSED = "details:not([open]), .toggle-hidden";

/** The nearest closed fold that a node lies in, if any. */
export function foldAround(node) {
  return node.closest(CLOSED);
}

/** Open all folds around a node. */
export function unfold(node) {
  for (let fold = foldAround(node); fold; fold = foldAround(fold.parentElement)) {
    if (fold.matches("details")) fold.open = true;
    else fold.querySelector("button.toggle-button")?.click();
    if (fold.matches(CLOSED)) return; // it would not open: do not ask for ever
  }
}
