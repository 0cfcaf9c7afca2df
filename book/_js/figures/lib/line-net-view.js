// The net of the line laboratory from kernels to classes: two lanes, and the scores with their numbers written out.

import { paintValues } from "./cells.js";
import { colorTable } from "./color-map.js";
import { make, number, set } from "./dom.js";
import { isFlat, SIDE } from "./line-laboratory-math.js";
import { largestSize, total } from "./values.js";

const NICE = [1, 2, 5];
const SUB = ["₀", "₁"];
const NOTHING = 5e-4; // a mean below it shows as 0.000

/** `onPick(i)` hears that kernel i is to be edited. */
export function netView(net, onPick) {
  const side = net.size - SIDE + 1;
  const lanes = [0, 1].map((i) => {
    const kernel = make("canvas", { width: SIDE, height: SIDE, class: "lf-pixels" });
    const pick = make("button", { type: "button", name: `lf-kernel-${i}`, class: "lf-kernel-button", "aria-expanded": "false", "aria-label": `Kernel w${SUB[i]}: edit its weights` }, kernel, make("span", { "aria-hidden": "true" }, "edit"));
    pick.addEventListener("click", () => onPick(i));
    const sum = make("small");
    const map = make("canvas", { width: side, height: side, class: "lf-pixels" });
    const mean = make("b", { class: "lf-role-output" });
    const bar = make("i");
    const element = make("div", { class: "lf-lane" },
      make("div", { class: "lf-lane-kernel" }, pick, make("p", {}, make("i", { class: "lf-role-kernel" }, `w${SUB[i]}`), " ", sum)),
      make("span", { class: "lf-between", "aria-hidden": "true" }, "→"),
      make("div", { class: "lf-frame lf-square lf-border-output lf-lane-map" }, map),
      make("span", { class: "lf-between", "aria-hidden": "true" }, "→"),
      make("div", { class: "lf-lane-mean" }, make("p", {}, make("i", { class: "lf-role-output" }, `z₂[${i}]`), " = ", mean), make("div", { class: "lf-bar lf-bar-output" }, bar)));
    return { element, kernel, pick, sum, map, mean, bar };
  });
  const mapTitle = make("small");
  const scale = make("small");
  const limits = make("small");
  const heads = make("div", { class: "lf-lane lf-heads" },
    make("p", { class: "lf-title lf-role-kernel" }, "kernels", limits), make("span"),
    make("p", { class: "lf-title lf-role-output" }, "maps ", make("i", {}, "z₁"), mapTitle), make("span"),
    make("p", { class: "lf-title lf-role-output" }, "means ", make("i", {}, "z₂"), scale));
  const classes = net.classes.map((name) => {
    const share = make("b");
    const bar = make("i");
    const clean = make("em", { class: "lf-clean" });
    const sum = make("p", { class: "lf-sum-line" });
    const title = make("p", { class: "lf-class" }, make("span", {}, name), share);
    return { element: make("div", { class: "lf-score" }, title, make("div", { class: "lf-bar" }, bar, clean), sum), share, bar, clean, sum };
  });
  const softmax = make("p", { class: "lf-softmax" });
  const without = make("p", { class: "lf-without" });
  const scores = make("div", { class: "lf-scores" }, make("p", { class: "lf-title" }, "scores ", make("i", {}, "z₃ = W z₂ + c"), make("small", {}, "and classes")),
    ...classes.map(({ element }) => element), softmax, without);
  const element = make("div", { class: "lf-net-view" }, make("div", { class: "lf-lanes" }, heads, ...lanes.map((lane) => lane.element)), scores);

  /** `after`: the maps are shown after ReLU. `clean` is the answer without the wave, or null. */
  function show({ kernels, W, c, tau }, answer, clean, after, dark) {
    const strongest = Math.max(...kernels.map(largestSize)) || 1;
    const maps = after ? answer.after : answer.before;
    const flat = answer.before.every(isFlat) ? 1 : 0; // a small bias alone must not look like a strong answer
    const most = Math.max(...maps.map(largestSize), flat) || 1;
    const highest = niceAbove(Math.max(...answer.pooled, flat));
    lanes.forEach((lane, i) => {
      paintValues(lane.kernel, SIDE, kernels[i], colorTable("signed", dark), -strongest, strongest);
      paintValues(lane.map, side, maps[i], colorTable(after ? "activation" : "signed", dark), after ? 0 : -most, most);
      lane.sum.textContent = `Σ = ${number(total(kernels[i]), 2)}`;
      lane.mean.textContent = number(answer.pooled[i], 3);
      lane.bar.style.width = `${(100 * answer.pooled[i]) / highest}%`;
    });
    limits.textContent = `± ${figures(strongest)}`;
    mapTitle.textContent = after ? `ReLU, 0 … ${figures(most)}` : `± ${figures(most)}`;
    scale.textContent = `0 … ${highest}`;
    classes.forEach((one, i) => {
      const best = !answer.tie && answer.winner === i;
      one.element.classList.toggle("lf-best", best);
      one.share.textContent = percent(answer.probabilities[i]);
      one.bar.style.width = `${100 * answer.probabilities[i]}%`;
      one.clean.hidden = !clean;
      if (clean) one.clean.style.left = `${Math.max(1, Math.min(99, 100 * clean.probabilities[i]))}%`;
      sumLine(one.sum, W.slice(2 * i, 2 * i + 2), answer.pooled, c[i], answer.scores[i]);
    });
    drawSoftmax(net.classes, answer, tau);
    without.textContent = clean ? `▲ without the wave: ${clean.tie ? "a tie" : `${net.classes[clean.winner]} ${percent(clean.probabilities[clean.winner])}`}` : "";
  }

  /** 2.500 · 1.320 − 2.500 · 0.270 + 0.030 = 2.655 */
  function sumLine(line, weights, means, c, score) {
    const parts = [];
    weights.forEach((w, k) => {
      parts.push(k ? (w < 0 ? " − " : " + ") : w < 0 ? "−" : "");
      parts.push(make("b", { class: "lf-role-kernel" }, number(Math.abs(w), 3)), "·", make("b", { class: "lf-role-output" }, number(means[k], 3)));
    });
    const shown = (value) => Number(value.toFixed(3));
    const exact = Math.abs(shown(weights[0]) * shown(means[0]) + shown(weights[1]) * shown(means[1]) + shown(c) - shown(score)) < 1e-9;
    parts.push(c < 0 ? " − " : " + ", make("b", {}, number(Math.abs(c), 3)), " ", make("span", {}, exact ? "= " : "≈ ", make("b", {}, number(score, 3))));
    line.replaceChildren(...parts);
  }

  function drawSoftmax([first, second], { scores: [a, b], probabilities, winner }, tau) {
    const [mine, other] = winner ? [b, a] : [a, b];
    const factor = tau === 1 ? "" : `${figures(tau)} · `;
    softmax.replaceChildren(`softmax: p(${winner ? second : first}) = 1 / (1 + `, make("i", {}, "e"),
      make("sup", {}, `−${factor}(${number(mine, 2)} ${other < 0 ? "+" : "−"} ${number(Math.abs(other), 2)})`), `) = ${percent(probabilities[winner])}`);
  }

  function open(i) {
    lanes.forEach(({ pick }, k) => set(pick, { "aria-expanded": k === i }));
  }

  return { element, show, open, buttons: lanes.map(({ pick }) => pick) };
}

export function percent(share) {
  const shown = 100 * share;
  if (shown > 99.95 && share < 1) return "> 99.9 %";
  if (shown < 0.05 && share > 0) return "< 0.1 %";
  return `${number(shown, 1)} %`;
}

/** Three figures, without zeros at the end. */
export function figures(value) {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

/** The end of a scale: 1, 2 or 5 times a power of ten, so that it stays while the value moves a little. */
function niceAbove(value) {
  if (value < NOTHING) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return Number((power * (NICE.find((one) => one * power >= value) ?? 10)).toPrecision(1));
}
