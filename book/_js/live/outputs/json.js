// JSON as a tree that folds; a branch is made when it is opened first, so that a large one costs nothing.

import { el } from "../dom.js";

const MOST_ENTRIES = 500;
const MOST_CHARACTERS = 2000;
const OPEN_LEVELS = 2;
const FEW_ENTRIES = 30; // more of them below the first level are folded

/** A value of JSON as nested lists; what is deep or long is folded. */
export function jsonTree(value, level = 0) {
  if (value === null || typeof value !== "object") return el("code", {}, short(JSON.stringify(value)));
  const isList = Array.isArray(value);
  const keys = Object.keys(value);
  if (!keys.length) return el("code", {}, isList ? "[]" : "{}");
  const list = el("ul");
  const open = level === 0 || (level < OPEN_LEVELS && keys.length <= FEW_ENTRIES);
  const fill = () => {
    if (list.firstChild) return;
    const rows = keys.slice(0, MOST_ENTRIES).map((key) => el("li", {}, el("span", { class: "live-key" }, `${short(key)}: `), jsonTree(value[key], level + 1)));
    if (keys.length > MOST_ENTRIES) rows.push(el("li", { class: "live-left-out" }, `… ${keys.length - MOST_ENTRIES} more are left out`));
    list.append(...rows);
  };
  if (open) fill();
  const count = `${keys.length} ${isList ? "item" : "key"}${keys.length === 1 ? "" : "s"}`;
  return el("details", { class: "live-tree", open, ontoggle: fill }, el("summary", {}, isList ? `[ ${count} ]` : `{ ${count} }`), list);
}

function short(text) {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}… (${text.length - MOST_CHARACTERS} more characters)` : text;
}
