// Pictures and kernels as waves: Fourier transform, gain, and the wave at a place of a spectrum. No DOM here.

const EQUAL = 1e-9; // gains that differ by less do so by the order of additions

/** The Fourier transform of n × n values, zero frequency in the middle (row and column n / 2): {re, im}. */
export function spectrum(values, n) {
  const turned = factors(n);
  const re = Float64Array.from(values);
  const im = new Float64Array(n * n);
  for (let row = 0; row < n; row++) fft(re, im, row * n, 1, n, turned);
  for (let column = 0; column < n; column++) fft(re, im, column, n, n, turned);
  return { re: centre(re, n), im: centre(im, n) };
}

/**
 * What a kernel does to each wave: for cross-correlation on a picture that wraps around, H = Σ w[i, j] e^(+2πi (f·(i, j))),
 * i and j counted from the kernel's middle. Zero frequency in the middle: {re, im, gain} with gain = |H|.
 */
export function response(weight, k, n) {
  const { cosine, sine } = factors(n);
  const half = (k - 1) / 2;
  const [re, im, gain] = [0, 1, 2].map(() => new Float64Array(n * n));
  const turn = (frequency, place) => (((frequency * place) % n) + n) % n;
  const [rowRe, rowIm] = [new Float64Array(k), new Float64Array(k)]; // the sums over j, which the rows share
  for (let column = 0; column < n; column++) {
    rowRe.fill(0);
    rowIm.fill(0);
    for (let j = 0; j < k; j++) {
      const at = turn(column - n / 2, j - half);
      for (let i = 0; i < k; i++) {
        rowRe[i] += weight[i * k + j] * cosine[at];
        rowIm[i] += weight[i * k + j] * sine[at];
      }
    }
    for (let row = 0; row < n; row++) {
      let [a, b] = [0, 0];
      for (let i = 0; i < k; i++) {
        const at = turn(row - n / 2, i - half);
        a += rowRe[i] * cosine[at] - rowIm[i] * sine[at];
        b += rowRe[i] * sine[at] + rowIm[i] * cosine[at];
      }
      const place = row * n + column;
      re[place] = a;
      im[place] = b;
      gain[place] = Math.sqrt(a * a + b * b);
    }
  }
  return { re, im, gain };
}

export function magnitude({ re, im }) {
  return re.map((a, i) => Math.sqrt(a * a + im[i] * im[i]));
}

/** The largest gain and its place; of equal ones the one nearest to frequency zero, so that the answer is steady. */
export function largestGain(gain, n) {
  const far = (at) => (Math.floor(at / n) - n / 2) ** 2 + ((at % n) - n / 2) ** 2;
  let best = (n / 2) * n + n / 2;
  for (let at = 0; at < gain.length; at++) {
    const more = gain[at] - gain[best];
    if (more > EQUAL || (more > -EQUAL && far(at) < far(best))) best = at;
  }
  return { value: gain[best], row: Math.floor(best / n), column: best % n };
}

/** The wave at a place of a spectrum: cycles per pixel down and right, along its direction, and where that points. */
export function waveAt(row, column, n) {
  const down = (row - n / 2) / n;
  const right = (column - n / 2) / n;
  const cycles = Math.hypot(down, right);
  const degrees = ((Math.atan2(down, right) * 180) / Math.PI + 180) % 180; // there and back are one direction
  return { down, right, cycles, period: cycles ? 1 / cycles : Infinity, degrees };
}

const known = new Map();

/** cos and sin of 2π t / n for t = 0 … n − 1. */
function factors(n) {
  if (!known.has(n)) {
    const angle = (t) => (2 * Math.PI * t) / n;
    known.set(n, {
      cosine: Float64Array.from({ length: n }, (_, t) => Math.cos(angle(t))),
      sine: Float64Array.from({ length: n }, (_, t) => Math.sin(angle(t))),
    });
  }
  return known.get(n);
}

/** In place, n values from `start` on, `step` apart; n is a power of two. Reorder by reversed bits, then butterflies. */
function fft(re, im, start, step, n, { cosine, sine }) {
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const [a, b] = [start + i * step, start + j * step];
    [re[a], re[b]] = [re[b], re[a]];
    [im[a], im[b]] = [im[b], im[a]];
  }
  for (let length = 2; length <= n; length *= 2) {
    const half = length / 2;
    for (let block = 0; block < n; block += length) {
      for (let i = 0; i < half; i++) {
        const t = (i * n) / length;
        const a = start + (block + i) * step;
        const b = a + half * step;
        const x = re[b] * cosine[t] + im[b] * sine[t]; // times e^(−2πi t / n)
        const y = im[b] * cosine[t] - re[b] * sine[t];
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
}

function centre(values, n) {
  return values.map((_, at) => values[((Math.floor(at / n) + n / 2) % n) * n + (((at % n) + n / 2) % n)]);
}
