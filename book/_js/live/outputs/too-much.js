// Documents that would keep the browser busy for seconds: measured, 50,000 parts take it one to four.

const MOST_PARTS = 50_000;
const MOST_OPEN = 10_000; // elements inside of each other cost more than their number tells
const OPENED = /<[a-z]/gi;
const ENDED = /<\/[a-z]|\/>|<(?:area|br|col|hr|img|wbr)\b(?![^>]*\/>)/gi;

/** A sentence if a document is too much for a page; else an empty text. */
export function tooMuch(text, what) {
  const parts = count(text, OPENED);
  if (parts > MOST_PARTS) return `${what} of ${parts} parts was left out: the page would stand still for long. Show less of it.`;
  if (parts - count(text, ENDED) > MOST_OPEN) return `${what} of more than ${MOST_OPEN} elements inside of each other was left out: the page would stand still for long.`;
  return "";
}

function count(text, pattern) {
  return text.match(pattern)?.length ?? 0;
}
