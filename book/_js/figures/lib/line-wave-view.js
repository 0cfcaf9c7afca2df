// The wave of the line laboratory: the factor, what the net sees, its spectrum with the kernels' passbands, and a search.

import { paintValues } from "./cells.js";
import { colorTable, cssGradient } from "./color-map.js";
import { button, make, makeSvg, number, segmented, set } from "./dom.js";
import { along, contour, KINDS, parseWave, SIDE, WAVE } from "./line-laboratory-math.js";
import { percent } from "./line-net-view.js";
import { setting } from "./line-setting.js";
import { magnitude, response, spectrum } from "./spectrum.js";
import { largestSize } from "./values.js";

const DECADES = 3; // of a magnitude that the colours tell apart
const LABELS = ["off", "cos", "1 + a·cos"];
const SETTINGS = {
  frequency: ["Frequency f", { min: 0, max: 0.5, step: 1 / 128, unit: "cycles/px" }],
  angle: ["Direction θ", { min: 0, max: 180, step: 1, unit: "°" }],
  phase: ["Phase φ", { min: 0, max: 360, step: 5, unit: "°" }],
  amplitude: ["Amplitude a", { min: 0, max: 5, step: 0.1 }],
};

/** `onChange({frequency, …})` hears a new setting, `onSearch()` the button, `onBad(message)` what could not be read. */
export function waveView(n, { onChange, onSearch, onBad }) {
  const square = (name) => make("canvas", { width: n, height: n, class: `lf-pixels ${name}` });
  const [factor, input, waves] = ["lf-factor", "lf-seen", "lf-spectrum"].map(square);
  const one = make("span", { class: "lf-nothing-yet" }, "1");
  const factorRange = make("small");
  const inputRange = make("small");
  const bands = [0, 1].map((i) => [makeSvg("path", { class: "lf-halo" }), makeSvg("path", { class: `lf-passband lf-band-${i}` })]);
  const marks = [0, 1].map(() => [makeSvg("circle", { class: "lf-halo", r: 2.2 }), makeSvg("circle", { class: "lf-place", r: 2.2 })]);
  const overlay = makeSvg("svg", { class: "lf-overlay", viewBox: `-0.5 -0.5 ${n} ${n}`, "aria-hidden": "true" }, ...bands.flat(), ...marks.flat());
  const spectrumFrame = make("div", { class: "lf-frame lf-square lf-border-input lf-spectrum-frame" }, waves, overlay);
  const ramp = make("i");
  const sign = (text) => make("span", { class: "lf-between", "aria-hidden": "true" }, text);
  const panel = (title, frame, ...under) => make("div", { class: "lf-panel" }, make("p", { class: "lf-title lf-role-input" }, ...title), frame, ...under);
  const line = (i) => makeSvg("svg", { class: "lf-key", viewBox: "0 0 18 6", "aria-hidden": "true" }, makeSvg("path", { class: `lf-passband lf-band-${i}`, d: "M0 3h18" }));
  const trio = make("div", { class: "lf-trio" },
    sign("×"), panel([make("span", {}, "wave ", make("i", {}, "m"))], make("div", { class: "lf-frame lf-square lf-border-ink" }, factor, one), factorRange),
    sign("="), panel([make("span", {}, "seen ", make("i", {}, "x·m"))], make("div", { class: "lf-frame lf-square lf-border-input" }, input), inputRange),
    sign("→"), panel([make("span", {}, "its spectrum")], spectrumFrame,
      make("div", { class: "lf-ticks", "aria-hidden": "true" }, make("span", {}, "−½"), make("span", {}, "0"), make("span", {}, "½"))));
  const legend = make("p", { class: "lf-legend" }, make("span", {}, "log ", ramp), make("span", {}, "half of a kernel’s largest gain: ", line(0), " ", make("i", { class: "lf-role-kernel" }, "w₀"), " ", line(1), " ", make("i", { class: "lf-role-kernel" }, "w₁")));

  const kind = segmented("Multiply by", LABELS.map((label) => ({ label })), 0, (i) => onChange({ kind: KINDS[i] }));
  const settings = Object.fromEntries(Object.entries(SETTINGS).map(([name, [label, range]]) =>
    [name, setting(name, label, range, (text) => parseWave(name, text), (value) => onChange({ [name]: value }), onBad)]));
  const sliders = make("div", { class: "lf-settings-grid" });
  const invitation = make("p", { class: "lf-note" }, "Choose cos: it moves every wave of the picture by its own frequency, to both sides. With its direction along a line, the line’s spectrum comes to lie in the other kernel’s passband.");
  const formula = make("p", { class: "lf-wave-formula" });
  const find = button("Find the frequency that fools it", onSearch);
  const curve = make("div", { class: "lf-curve" });
  const found = make("p", { class: "lf-found", "aria-live": "polite" });
  const element = make("div", { class: "lf-wave" }, trio, legend, make("div", { class: "lf-controls" }, kind), formula, sliders, make("div", { class: "lf-controls" }, find), found, curve);

  const banded = [null, null];
  const [low, high] = [Math.log10((n * n) / 2) - DECADES, Math.log10((n * n) / 2)];

  function show(wave, factors, seen, dark) {
    const off = wave.kind === "off";
    const signed = colorTable("signed", dark);
    const most = largestSize(factors) || 1;
    paintValues(factor, n, factors, signed, -most, most);
    one.hidden = !off;
    factor.classList.toggle("lf-invisible", off);
    factorRange.textContent = off ? "no wave" : rangeOf(factors);
    const limit = Math.max(1, largestSize(seen));
    if (off) paintValues(input, n, seen, colorTable("grey", dark), 0, 1);
    else paintValues(input, n, seen, signed, -limit, limit);
    inputRange.textContent = rangeOf(seen);
    const sizes = magnitude(spectrum(seen, n));
    paintValues(waves, n, sizes.map((size) => Math.log10(size + 1e-12)), colorTable("activation", dark), low, high);
    ramp.style.background = cssGradient("activation", dark);
    kind.querySelectorAll("input").forEach((radio, i) => (radio.checked = KINDS[i] === wave.kind));
    arrange(wave);
    for (const [name, part] of Object.entries(settings)) part.show(wave[name]);
    const [right, down] = along(wave.angle);
    marks.forEach((rings, i) => {
      const way = i ? -1 : 1;
      for (const ring of rings) set(ring, { cx: n / 2 + way * wave.frequency * right * n, cy: n / 2 + way * wave.frequency * down * n, visibility: off ? "hidden" : "visible" });
    });
    spectrumFrame.classList.toggle("lf-takes-wave", !off);
    const cosine = "cos(2π f (x cos θ + y sin θ) + φ)";
    formula.textContent = off ? "" : `m = ${wave.kind === "one" ? `1 + a ${cosine}` : cosine}${wave.frequency ? `: ${number(1 / wave.frequency, 1)} px from crest to crest` : ""}`;
    curve.querySelector(".lf-curve-now")?.setAttribute("x1", wave.frequency);
    curve.querySelector(".lf-curve-now")?.setAttribute("x2", wave.frequency);
  }

  /** The sliders that the wave of the moment has. */
  function arrange({ kind: now }) {
    const wanted = now === "off" ? [invitation] : Object.keys(settings).filter((name) => name !== "amplitude" || now === "one").map((name) => settings[name].element);
    if (wanted.length === sliders.children.length && wanted.every((part, i) => part === sliders.children[i])) return;
    sliders.replaceChildren(...wanted);
  }

  /** Where the kernels' gains are half of their largest. */
  function showBands(kernels) {
    kernels.forEach((weight, i) => {
      if (weight === banded[i]) return; // the other one has changed
      banded[i] = weight;
      const { gain } = response(weight, SIDE, n);
      const most = largestSize(gain);
      const d = most ? contour(gain, n, most / 2).map((line) => `M${line.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L")}`).join("") : "";
      for (const path of bands[i]) set(path, { d });
    });
  }

  /** What a search found: a sentence, and the probability at each frequency. With null, nothing any more. */
  function showFound(sentence, result, name) {
    found.textContent = sentence;
    if (!result) return curve.replaceChildren();
    const points = [[0, result.probability], ...result.tried.map(({ frequency, probability }) => [frequency, probability])];
    const path = points.map(([f, p], i) => `${i ? "L" : "M"}${f} ${1 - p}`).join("");
    const svg = makeSvg("svg", { viewBox: "0 0 0.5 1", preserveAspectRatio: "none", "aria-hidden": "true" },
      makeSvg("path", { class: "lf-curve-half", d: "M0 0.5H0.5" }), makeSvg("path", { class: "lf-curve-line", d: path }),
      makeSvg("line", { class: "lf-curve-now", y1: 0, y2: 1, x1: result.first ?? 0, x2: result.first ?? 0 }));
    svg.addEventListener("pointerdown", (event) => {
      const box = svg.getBoundingClientRect();
      onChange({ frequency: Math.max(0, Math.min(64, Math.round((64 * (event.clientX - box.left)) / box.width))) / 128 });
    });
    const ends = (...texts) => texts.map((text) => make("span", {}, text));
    curve.replaceChildren(make("p", {}, make("small", {}, `p(${name}) at each frequency along ${number(result.angle, 0)}°; without the wave ${percent(result.probability)}`)),
      make("div", { class: "lf-curve-plot" }, make("div", { class: "lf-curve-ends" }, ...ends("1", "½", "0")), svg),
      make("div", { class: "lf-ticks lf-curve-ticks", "aria-hidden": "true" }, ...ends("0", "¼", "½ cycles/px")));
  }

  // In the spectrum, the wave is a place: drag it.
  const point = (event) => {
    const box = spectrumFrame.getBoundingClientRect();
    const part = (at, start, length) => (Math.floor(((at - start) / length) * n) - n / 2) / n;
    const [right, down] = [part(event.clientX, box.left, box.width), part(event.clientY, box.top, box.height)];
    const degrees = Math.round(((Math.atan2(down, right) * 180) / Math.PI + 360) % 180);
    onChange({ frequency: Math.min(WAVE.frequency[1], Math.hypot(right, down)), angle: degrees });
  };
  spectrumFrame.addEventListener("pointerdown", (event) => {
    if (event.button || !spectrumFrame.matches(".lf-takes-wave")) return;
    spectrumFrame.setPointerCapture(event.pointerId);
    point(event);
  });
  spectrumFrame.addEventListener("pointermove", (event) => spectrumFrame.hasPointerCapture(event.pointerId) && point(event));

  return { element, show, showBands, showFound };
}

function rangeOf(values) {
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return `${number(least, 2)} … ${number(most, 2)}`;
}
