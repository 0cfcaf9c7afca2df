// What many figures ask of a list of numbers: the sum, and the largest size. No DOM here.

const ZERO = 1e-9; // sums below come from the order of additions

export function total(values) {
  const sum = values.reduce((a, b) => a + b, 0);
  return Math.abs(sum) < ZERO ? 0 : sum;
}

/** The largest absolute value. */
export function largestSize(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
