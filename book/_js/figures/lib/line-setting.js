// A slider with a field beside it that takes a typed number, for settings of which a reader wants an exact one.

import { make, plain, set } from "./dom.js";

/**
 * `parse(text)` returns the number or throws an Error with the rule; `onBad(message)` hears it, with "" when all is well again.
 * What was typed acts at once when it is a number; what is none is told on Enter and on leaving, and the number before stays.
 */
export function setting(name, label, { min, max, step, unit = "" }, parse, onInput, onBad) {
  const range = make("input", { type: "range", min, max, step, name: `lf-${name}-range`, "aria-label": label });
  const field = make("input", {
    type: "text", name: `lf-${name}-field`, class: "lf-field", inputmode: "decimal", autocomplete: "off", spellcheck: "false", enterkeyhint: "done",
    "aria-label": `${label}, a number`,
  });
  let value = min;
  let wrong = false;

  function show(next) {
    value = next;
    range.value = next;
    set(range, { "aria-valuetext": `${plain(next)}${unit && ` ${unit}`}` });
    if (document.activeElement !== field) field.value = plain(next);
  }

  function take(text) {
    const next = parse(text);
    if (wrong) onBad("");
    wrong = false;
    set(field, { "aria-invalid": "false" });
    if (next !== value) onInput(next);
  }

  function settle() {
    if (field.value === plain(value)) return;
    try {
      take(field.value);
    } catch (error) {
      wrong = true;
      set(field, { "aria-invalid": "true" });
      onBad(`${error.message} ${plain(value)} stays.`);
    }
    field.value = plain(value);
  }

  range.addEventListener("input", () => {
    if (wrong) onBad("");
    wrong = false;
    set(field, { "aria-invalid": "false" });
    onInput(Number(range.value));
  });
  let before = min; // the typing, whose first digits have acted already
  field.addEventListener("focus", () => {
    before = value;
    field.select();
  });
  field.addEventListener("input", () => {
    try {
      take(field.value);
    } catch {
      if (value !== before) onInput(before); // not a number yet, or none
    }
  });
  field.addEventListener("blur", settle);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") settle();
    else if (event.key === "Escape") field.value = plain(before);
    else return;
    if (event.key === "Escape" && value !== before) onInput(before);
    event.preventDefault();
    field.select();
  });
  const element = make("div", { class: "lf-setting" }, make("span", { "aria-hidden": "true" }, label), range, field, make("small", { "aria-hidden": "true" }, unit));
  return { element, show };
}
