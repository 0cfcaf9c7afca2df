// Small parts that every live figure is made of: elements, native controls, a spoken readout, sizes, theme and resize.

const SVG = "http://www.w3.org/2000/svg";
const SPEAK_AFTER = 600; // ms of rest before a screen reader hears the new state
let groups = 0;

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

export function makeSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** Set attributes; those that have the value already are left alone, which keeps a move cheap. */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function button(label, onClick) {
  const element = make("button", { type: "button", class: "lf-button" }, label);
  element.addEventListener("click", onClick);
  return element;
}

/** A choice of one among few, as native radio buttons. `options`: [{label, icon?, title?}]. */
export function segmented(legend, options, value, onChange) {
  const name = `lf-choice-${++groups}`;
  const inputs = options.map(({ label }, i) => {
    const input = make("input", { type: "radio", name, value: i, "aria-label": label });
    input.checked = i === value;
    input.addEventListener("change", () => onChange(i));
    return input;
  });
  const items = options.map(({ label, icon, title }, i) => {
    const item = make("label", title ? { title } : {}, inputs[i], make("span", {}, ...(icon ? [icon] : []), label));
    return item;
  });
  return make("fieldset", { class: "lf-segmented" }, make("legend", {}, legend), make("div", {}, ...items));
}

/** A native slider with its label and value. Returns {element, input, show(value)}. */
export function slider(label, { min, max, step, value, format = String }, onInput) {
  const input = make("input", { type: "range", min, max, step, value });
  const shown = make("output", {}, format(value));
  const show = (now) => {
    input.value = now;
    shown.textContent = format(now);
    input.setAttribute("aria-valuetext", format(now));
  };
  input.addEventListener("input", () => {
    show(Number(input.value));
    onInput(Number(input.value));
  });
  show(value);
  return { element: make("label", { class: "lf-slider" }, make("span", {}, label), input, shown), input, show };
}

/** A line of text that is always right for the eye, and spoken when the reader rests. */
export function readout() {
  const seen = make("p", { class: "lf-readout", "aria-hidden": "true" });
  const spoken = make("p", { class: "lf-spoken", role: "status", "aria-live": "polite" });
  let timer = 0;
  const say = (text) => {
    if (seen.textContent === text) return;
    seen.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => (spoken.textContent = text), SPEAK_AFTER);
  };
  return { elements: [seen, spoken], say };
}

/** A canvas's width: where little is lost, one at which every pixel of it covers the same number of screen pixels. */
export function snapWidth(room, pixels) {
  const ratio = window.devicePixelRatio || 1;
  const snapped = (Math.floor((room * ratio) / pixels) * pixels) / ratio;
  return snapped > 0.94 * room ? snapped : room;
}

/** Is the page dark just here? */
export function isDark(el) {
  const probe = make("span", { hidden: "" });
  probe.style.color = "light-dark(rgb(0, 0, 0), rgb(255, 255, 255))";
  el.append(probe);
  const dark = getComputedStyle(probe).color === "rgb(255, 255, 255)";
  probe.remove();
  return dark;
}

/** Call back when the page turns light or dark and when `el` gets another width, as long as `el` is in the page. */
export function follow(el, { onTheme, onWidth }) {
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  let width = el.clientWidth;
  const theme = () => (el.isConnected ? onTheme() : stop());
  const turned = new MutationObserver(theme);
  const resized = new ResizeObserver(() => {
    if (!el.isConnected) return stop();
    if (el.clientWidth && el.clientWidth !== width) onWidth((width = el.clientWidth));
  });
  const stop = () => {
    scheme.removeEventListener("change", theme);
    turned.disconnect();
    resized.disconnect();
  };
  scheme.addEventListener("change", theme);
  turned.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  resized.observe(el);
}

/** Arrow keys as steps [down, right]; null for other keys. Keys with Ctrl, Alt or Meta belong to the browser. */
export function arrowStep(event, far) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const step = event.shiftKey ? far : 1;
  const ways = { ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step] };
  return ways[event.key] ?? null;
}

/**
 * Move something that is drawn on a canvas by the pointer and the arrow keys: `frame` takes both, `unit()` is the size of one
 * step on the screen, `where()` gives {down, right} and `move(down, right)` sets them; with Shift an arrow goes `far` steps.
 */
export function movable(frame, { unit, where, move, far }) {
  let grip = null;
  frame.addEventListener("pointerdown", (event) => {
    frame.setPointerCapture(event.pointerId);
    grip = { x: event.clientX, y: event.clientY, ...where() };
  });
  frame.addEventListener("pointermove", (event) => {
    if (grip) move(grip.down + (event.clientY - grip.y) / unit(), grip.right + (event.clientX - grip.x) / unit());
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) frame.addEventListener(name, () => (grip = null));
  frame.addEventListener("keydown", (event) => {
    const step = arrowStep(event, far);
    if (!step) return;
    event.preventDefault();
    const { down, right } = where();
    move(down + step[0], right + step[1]);
  });
}

/** A number with a true minus sign and fixed decimals; never "−0.00". */
export function number(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
}

/** A number with at most so many decimals, none at the end that are zeros, and a true minus sign. */
export function plain(value, digits = 4) {
  return String(Math.round(value * 10 ** digits) / 10 ** digits).replace("-", "−");
}
