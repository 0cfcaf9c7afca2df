// Markdown that a cell shows, parsed by marked. A script of its own, loaded by the first output that needs it; what comes out is cleaned and
// typeset by those that do so for every output.

import { Marked } from "marked";

const escape = (text) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

// Marked would take the underscores of a formula for emphasis.
const formula = {
  name: "formula",
  level: "inline",
  start: (source) => source.search(/\$|\\[([]/),
  tokenizer(source) {
    const dollars = source.match(/^(\$\$?)(?!\s)((?:\\.|[^$\\])+?)(?<!\s)\1(?!\d)/s) ?? source.match(/^(\$\$)((?:\\.|[^$\\])+?)\1/s);
    if (dollars) return { type: "formula", raw: dollars[0], tex: dollars[2], display: dollars[1] === "$$" };
    const brackets = source.match(/^\\([([])(.+?)\\([)\]])/s);
    return brackets && { type: "formula", raw: brackets[0], tex: brackets[2], display: brackets[1] === "[" };
  },
  renderer: ({ tex, display }) => `<span class="live-formula" data-display="${display}">${escape(tex)}</span>`,
};
const marked = new Marked({ gfm: true, extensions: [formula] });

/** The HTML of a text in Markdown, not cleaned; formulas are spans of the class `live-formula`. */
export function markdownToHtml(text) {
  return marked.parse(text);
}
