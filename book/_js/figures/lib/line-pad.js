// The square to draw on in the line laboratory: mouse, finger, or a cursor that the keys move.

import { arrowStep, make, makeSvg, set } from "./dom.js";

const FAR = 8; // pixels that an arrow key with Shift moves

/**
 * `pen()` is its thickness in pixels. `onBegin()`, `onMove([[from, to], …])` and `onEnd()` are a stroke, its points [x, y] in pixels;
 * `onCursor(x, y, down)` hears where the keys have moved the pen. `element` has the canvas and the pen's outline on it.
 */
export function linePad(n, { pen, onBegin, onMove, onEnd, onCursor }) {
  const canvas = make("canvas", { width: n, height: n, class: "lf-pixels" });
  const rings = ["lf-halo", "lf-pen"].map((name) => makeSvg("circle", { class: name }));
  const svg = makeSvg("svg", { class: "lf-overlay", viewBox: `0 0 ${n} ${n}`, "aria-hidden": "true" }, ...rings);
  const element = make("div", {
    class: "lf-frame lf-square lf-border-input lf-pad", tabindex: 0, role: "application", "aria-roledescription": "drawing",
    "aria-label": `Your picture, ${n} × ${n} pixels. Arrow keys move the pen, with Shift by ${FAR}; Space sets it down and lifts it.`,
  }, canvas, svg);
  const cursor = { x: n / 2, y: n / 2, down: false };
  let held = null; // the finger or button that draws, and where it was last

  function show(x, y) {
    for (const ring of rings) set(ring, { cx: x + 0.5, cy: y + 0.5, r: pen() / 2, visibility: "visible" });
    element.classList.toggle("lf-down", cursor.down);
  }

  function hide() {
    for (const ring of rings) set(ring, { visibility: "hidden" });
  }

  function lift() {
    if (!cursor.down) return;
    cursor.down = false;
    element.classList.remove("lf-down");
    onEnd();
  }

  const pointed = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * n - 0.5, ((clientY - box.top) / box.height) * n - 0.5];
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button || held) return;
    lift();
    element.setPointerCapture(event.pointerId);
    held = { id: event.pointerId, at: pointed(event) };
    onBegin();
    onMove([[held.at, held.at]]);
    show(...held.at);
  });
  element.addEventListener("pointermove", (event) => {
    if (held && held.id !== event.pointerId) return; // a second finger
    show(...pointed(event));
    if (!held) return;
    const events = event.getCoalescedEvents?.() ?? [];
    const pieces = (events.length ? events : [event]).map((one) => {
      const from = held.at;
      held.at = pointed(one);
      return [from, held.at];
    });
    onMove(pieces);
  });
  const release = (event) => {
    if (held?.id !== event.pointerId) return;
    held = null;
    onEnd();
  };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(name, release);
  element.addEventListener("pointerleave", () => !element.matches(":focus-visible") && hide());

  element.addEventListener("keydown", (event) => {
    const step = arrowStep(event, FAR);
    if (step) {
      const from = [cursor.x, cursor.y];
      const within = (value) => Math.max(0, Math.min(n - 1, value));
      [cursor.x, cursor.y] = [within(cursor.x + step[1]), within(cursor.y + step[0])];
      if (cursor.down) onMove([[from, [cursor.x, cursor.y]]]);
    } else if (event.key === " " && !event.repeat && !held) {
      if (cursor.down) lift();
      else {
        cursor.down = true;
        onBegin();
        onMove([[[cursor.x, cursor.y], [cursor.x, cursor.y]]]);
      }
    } else if (event.key === "Escape" && cursor.down) lift();
    else if (event.key !== " ") return;
    event.preventDefault();
    show(cursor.x, cursor.y);
    onCursor(cursor.x, cursor.y, cursor.down);
  });
  element.addEventListener("focus", () => element.matches(":focus-visible") && show(cursor.x, cursor.y));
  element.addEventListener("blur", () => {
    lift();
    hide();
  });
  hide();
  return { element, canvas };
}
