// The stepper's products, input × weight tap by tap, and their sum.

import { colorTable, cssColor } from "./color-map.js";
import { isShownWhole, showNumber } from "./convolution-stepper-math.js";
import { make, set } from "./dom.js";
import { readableInk } from "./ink.js";
import { largestSize } from "./values.js";

/** `onPoint(i)` hears over which of the `taps` products the pointer is, or −1. `panels` are the products and the sum. */
export function productsView(taps, onPoint) {
  const terms = Array.from({ length: taps }, (_, i) => {
    const [x, w, product] = [make("b", { class: "lf-role-input" }), make("b", { class: "lf-role-kernel" }), make("i")];
    const element = make("div", { class: "lf-term" }, make("span", {}, x, " × ", w), product);
    element.addEventListener("pointerenter", () => onPoint(i));
    element.addEventListener("pointerleave", () => onPoint(-1));
    return { x, w, product, element };
  });
  const products = make("div", { class: "lf-terms", role: "img" }, ...terms.map(({ element }) => element));
  const sum = make("b", { class: "lf-total" });
  const equals = make("span", {}, "=");
  const panels = [
    make("div", { class: "lf-panel lf-products" }, make("p", { class: "lf-title" }, "products", make("small", {}, "input × weight")), products),
    make("div", { class: "lf-panel lf-total-panel" }, make("p", { class: "lf-title lf-role-output" }, "sum"), make("p", { class: "lf-totals" }, equals, sum)),
  ];

  function paint(cell, value, limit, dark) {
    const table = colorTable("signed", dark);
    cell.style.background = cssColor(table, value, -limit, limit);
    cell.style.color = readableInk(table, value, -limit, limit);
  }

  /** {patch, products, sum} of a place, or null where there is none; `limit` is that of the output's colours. Returns "= 3". */
  function show(answer, kernel, limit, dark) {
    const strongest = answer ? largestSize(answer.products) || 1 : 1;
    terms.forEach(({ x, w, product }, i) => {
      x.textContent = answer ? showNumber(answer.patch[i]) : "–";
      w.textContent = showNumber(kernel[i]);
      product.textContent = answer ? showNumber(answer.products[i]) : "–";
      if (answer) paint(product, answer.products[i], strongest, dark);
      else product.removeAttribute("style");
    });
    equals.textContent = answer && !isShownWhole(answer.sum) ? "≈" : "=";
    sum.textContent = answer ? showNumber(answer.sum, 2, false) : "–";
    const said = `${equals.textContent} ${sum.textContent}`;
    if (answer) paint(sum, answer.sum, limit || 1, dark);
    else sum.removeAttribute("style");
    const written = answer && Array.from(answer.patch, (x, i) => `${showNumber(x)} × ${showNumber(kernel[i])}`).join(" + ");
    set(products, { "aria-label": answer ? `${written} ${said}` : "No products: no output fits." });
    return said;
  }

  /** Point out product i, or none with −1. */
  function pick(i) {
    terms.forEach(({ element }, k) => element.classList.toggle("lf-picked", k === i));
  }

  return { panels, show, pick };
}
