// HTML and SVG that a cell displays become part of the page, so nothing in them may act: no scripts, no handlers, no script addresses.
// The code that made them runs with the reader's rights anyway; this keeps a data set's text or a copied snippet from acting as the page.

const FORBIDDEN = "script, iframe, frame, object, embed, base, meta, link, form, foreignObject iframe";
let outputs = 0;

/** Parse HTML into an element that only shows; its styles hold inside it. */
export function safeHtml(text) {
  const parsed = new DOMParser().parseFromString(text, "text/html");
  const body = parsed.body;
  body.prepend(...parsed.head.querySelectorAll("style")); // where the parser puts those that come first
  disarm(body);
  const box = document.createElement("div");
  box.id = `run${++outputs}-html`;
  for (const style of body.querySelectorAll("style")) style.textContent = `#${box.id}{${style.textContent}}`;
  box.append(...body.childNodes);
  return box;
}

/** Parse an SVG drawing into an element of the page; null if it is not one. */
export function safeSvg(text) {
  // Matplotlib declares xlink only where it uses it, and a missing prefix makes the whole drawing unreadable.
  const parsed = new DOMParser().parseFromString(text.slice(Math.max(0, text.indexOf("<svg"))), "image/svg+xml");
  const svg = parsed.documentElement;
  if (svg.localName !== "svg" || parsed.querySelector("parsererror")) return null;
  disarm(svg);
  isolate(svg, `run${++outputs}-`);
  return document.importNode(svg, true);
}

function disarm(root) {
  root.querySelectorAll(FORBIDDEN).forEach((node) => node.remove());
  for (const node of [root, ...root.querySelectorAll("*")]) {
    for (const { name, value } of [...node.attributes]) {
      const scripted = /^\s*(javascript|vbscript|data:text\/html)/i.test(value.replace(/[\u0000-\u0020]/g, ""));
      if (/^on/i.test(name) || name === "srcdoc" || name === "formaction") node.removeAttribute(name);
      else if (scripted && /(^|:)(href|src|action|to|from|values)$/i.test(name)) node.removeAttribute(name);
    }
  }
}

/** Make ids unique and styles local: two drawings of one page use the same names for different things. */
function isolate(svg, prefix) {
  const ids = new Set();
  for (const node of [svg, ...svg.querySelectorAll("[id]")]) {
    if (!node.id) continue;
    ids.add(node.id);
    node.id = prefix + node.id;
  }
  const rename = (text) =>
    text
      .replace(/url\(\s*(["']?)#([^"')]+)\1\s*\)/g, (all, quote, id) => (ids.has(id) ? `url(#${prefix}${id})` : all))
      .replace(/^#(.+)$/, (all, id) => (ids.has(id) ? `#${prefix}${id}` : all));
  for (const node of [svg, ...svg.querySelectorAll("*")]) {
    for (const attribute of [...node.attributes]) {
      if (/^aria-(labelledby|describedby)$/.test(attribute.name))
        attribute.value = attribute.value.split(/\s+/).map((id) => (ids.has(id) ? prefix + id : id)).join(" ");
      else if (attribute.name !== "id" && attribute.value.includes("#")) attribute.value = rename(attribute.value);
    }
  }
  for (const style of svg.querySelectorAll("style")) {
    svg.id ||= `${prefix}svg`;
    // Nested in the drawing's own id, or matplotlib's `*{stroke-linejoin:…}` would style the whole page.
    const css = style.textContent.replace(/#([\w-]+)/g, (all, id) => (ids.has(id) ? `#${prefix}${id}` : all));
    style.textContent = `#${svg.id}{${css}}`;
  }
}
