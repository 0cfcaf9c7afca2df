// A linear layer in words and formulas: its rule, its parameters, one weight, and the sum that makes one output.

import { count, isJoined, isShared, SETTINGS, tapAt } from "./dense-to-toeplitz-math.js";
import { make, number } from "./dom.js";

const KINDS = ["", "", "Toeplitz", "circulant"];

/** The rule of a setting as a formula: what to put into a paragraph. */
export function ruleOf({ setting, size }) {
  const shared = [...letters("y[n] = Σ"), make("sub", {}, "k"), ...letters(" w[k] x[n + k − ⌊M/2⌋]")];
  return {
    full: [...letters("y[n] = Σ"), make("sub", {}, "m"), ...letters(" W[n, m] x[m]")],
    local: [...letters("y[n] = Σ"), make("sub", {}, "k"), ...letters(" W[n, m] x[m]"), " with ", ...letters("m = n + k − ⌊M/2⌋")],
    zeros: [...shared, " with zeros beyond the ends"],
    circular: [...shared, `, indices modulo ${size}`],
  }[setting];
}

/** How many parameters a layer has, and why. */
export function noteOf(layer) {
  const { setting, size } = layer;
  const width = layer.taps.length;
  const { connections, missing, parameters } = count(layer);
  return {
    full: `Each of ${size} outputs has a weight of its own for each of ${size} inputs: ${size} · ${size} = ${parameters} parameters.`,
    local: `Each output sees ${width} neighbours and has weights of its own: ${size} · ${width} = ${size * width}, less the ${missing} that would lead beyond the ends, leaves ${parameters} parameters.`,
    zeros: `${parameters} parameters, shared by ${connections} connections (${missing} taps fall on zeros beyond the ends). Every diagonal of W is constant: a Toeplitz matrix.`,
    circular: `${parameters} parameters, shared by ${connections} connections. Every diagonal of W is constant and goes on in the opposite corner: a circulant matrix.`,
  }[setting] + " Biases are left out.";
}

/** The parameters of the i-th setting, and what its matrix is called. */
export function countOf(layer, i) {
  const { parameters } = count({ ...layer, setting: SETTINGS[i] });
  return `${parameters} parameters${KINDS[i] ? `, ${KINDS[i]}` : ""}`;
}

/** One entry of the matrix in a sentence. */
export function sentenceOf(layer, weights, outputs, row, column) {
  const k = isShared(layer) ? tapAt(layer, row, column) : -1;
  const where = `W[${row}, ${column}]`;
  const shared = k >= 0 ? ` is w[${k}], as on the whole diagonal` : "";
  return isJoined(layer, row, column)
    ? `${where}${shared}: ${short(weights[row * layer.size + column])}, from x[${column}] to y[${row}]. Output y[${row}] = ${number(outputs[row])}.`
    : `${where} = 0: no connection from x[${column}] to y[${row}]. Output y[${row}] = ${number(outputs[row])}.`;
}

/** An output with its products written out: what to put into a paragraph. */
export function sumOf(layer, weights, outputs, row) {
  return [make("b", { class: "lf-role-output" }, `y[${row}]`), " = ", ...terms(layer, weights, row), " = ", make("b", { class: "lf-role-output" }, number(outputs[row]))];
}

/** The products of a row with their numbers; zeros beyond the ends are shown, for they count as inputs. */
function terms(layer, weights, row) {
  const { size, input, taps, setting } = layer;
  const half = (taps.length - 1) / 2;
  const places = setting === "full" ? input.map((_, i) => i) : taps.map((_, i) => row + i - half);
  const list = places.flatMap((at, i) => {
    const outside = at < 0 || at >= size;
    if (outside && setting === "local") return [];
    const column = (at + size) % size;
    const x = outside && setting === "zeros" ? 0 : input[column];
    const w = isShared(layer) ? taps[i] : weights[row * size + column];
    return [make("span", {}, make("span", { class: "lf-role-kernel" }, short(w)), "·", make("span", { class: "lf-role-input" }, x < 0 ? `(${short(x)})` : short(x)))];
  });
  return list.flatMap((one, i) => (i ? [" + ", one] : [one]));
}

/** A formula's letters in italics. */
function letters(formula) {
  return formula.split(/([a-zA-Z])/).map((part) => (/^[a-zA-Z]$/.test(part) ? make("i", {}, part) : part));
}

/** A number of one decimal at most, as weights and inputs have. */
export function short(value) {
  return number(value, 1).replace(/\.0$/, "");
}
