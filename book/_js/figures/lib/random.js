// Random numbers that a seed repeats on every machine. No DOM here.

const PRIME = 2 ** 31 - 1;

/** Numbers in (0, 1) from a seed, the same on every machine: Lehmer's generator, 48271 modulo 2³¹ − 1. */
export function generator(seed) {
  let state = (seed % (PRIME - 1)) + 1;
  const next = () => (state = (48271 * state) % PRIME) / PRIME;
  for (let i = 0; i < 10; i++) next(); // the first numbers of neighbouring seeds are alike
  return next;
}
