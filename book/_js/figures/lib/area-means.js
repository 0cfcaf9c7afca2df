// A picture made smaller: each grey value is the mean over the area of the original that it stands for. No DOM here.

/**
 * Which of `length` pixels the `i`-th of `n` equal parts covers, and how much of it each fills:
 * {first, weights}; the weights sum to 1.
 */
export function coverage(i, n, length) {
  const [from, to] = [(i * length) / n, ((i + 1) * length) / n];
  const first = Math.floor(from);
  const weights = [];
  for (let at = first; at < to; at++) weights.push(((Math.min(at + 1, to) - Math.max(at, from)) * n) / length);
  return { first, weights };
}

/**
 * A square of side × side pixels as n × n grey values, 0 to 1, each the mean of red, green and blue over its area; what is
 * transparent lies on white paper. `readRows(first, count)` gives rows of the square as RGBA bytes, alpha not multiplied in:
 * a photo is read in strips, since all of it can take hundreds of megabytes.
 */
export function areaMeans(side, n, readRows) {
  const columns = Array.from({ length: n }, (_, j) => coverage(j, n, side));
  const grey = new Float64Array(n * n);
  const row = new Float64Array(side);
  for (let i = 0; i < n; i++) {
    const { first, weights } = coverage(i, n, side);
    const rgba = readRows(first, weights.length);
    row.fill(0);
    weights.forEach((weight, k) => addRow(row, rgba, k * side, weight));
    columns.forEach((column, j) => (grey[i * n + j] = column.weights.reduce((sum, w, k) => sum + w * row[column.first + k], 0)));
  }
  return grey;
}

/** Add a row of pixels to `row`, with a weight; `from` counts pixels. */
function addRow(row, rgba, from, weight) {
  for (let x = 0; x < row.length; x++) {
    const at = 4 * (from + x);
    const alpha = rgba[at + 3] / 255;
    row[x] += weight * ((alpha * (rgba[at] + rgba[at + 1] + rgba[at + 2])) / 765 + 1 - alpha);
  }
}
