// Documents that would keep the browser busy for seconds: measured, 50,000 parts take it one to four.

const MOST_PARTS = 50_000;
const MOST_OPEN = 10_000; // elements inside of each other cost more than their number tells
const MOST_ATTRIBUTES = 1000; // of one element: browsers compare each new one with all before it
const TAG = /<[a-z](?:[^"'>]+|"[^"]*"|'[^']*')*/gi;
const QUOTED = /"[^"]*"|'[^']*'/g;
const OPENED = /<[a-z]/gi;
const ENDED = /<\/[a-z]|\/>|<(?:area|br|col|hr|img|wbr|li|dt|dd|p|tr|td|th)\b/gi; // those too that need no end of their own

/** A sentence if a document is too much for a page; else an empty text. */
export function tooMuch(text, what) {
  const parts = count(text, OPENED);
  if (parts > MOST_PARTS) return `${what} of ${parts} parts was left out: the page would stand still for long. Show less of it.`;
  if (parts - count(text, ENDED) > MOST_OPEN) return `${what} of more than ${MOST_OPEN} elements inside of each other was left out: the page would stand still for long.`;
  const crowded = text.match(TAG)?.some((tag) => tag.length > MOST_ATTRIBUTES && count(tag.replace(QUOTED, " "), /[^\s/=]+/g) > MOST_ATTRIBUTES);
  return crowded ? `${what} was left out in which one element has more than ${MOST_ATTRIBUTES} attributes.` : "";
}

/** The same of a parsed document that draws parts of itself again and again. */
export function tooMuchDrawn(root) {
  if (!root.querySelector("use")) return "";
  const named = new Map([...root.querySelectorAll("[id]")].map((node) => [`#${node.id}`, node]));
  const sizes = new Map();
  const size = (node) => {
    if (sizes.has(node)) return sizes.get(node);
    sizes.set(node, Infinity); // for a part that draws itself
    let sum = 1;
    for (const child of node.children) sum += size(child);
    if (node.localName === "use") {
      const target = named.get(node.getAttribute("href") ?? node.getAttribute("xlink:href"));
      if (target) sum += size(target);
    }
    sizes.set(node, sum);
    return sum;
  };
  return size(root) > MOST_PARTS ? "A drawing was left out that draws parts of itself so often that the page would stand still for long." : "";
}

function count(text, pattern) {
  return text.match(pattern)?.length ?? 0;
}
