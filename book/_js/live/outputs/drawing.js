// An SVG drawing as an element of the page: it follows light and dark, and may become a live figure.

import { cleanSvg } from "./sanitize.js";
import { harmlessSheet, scopedText } from "./styles.js";
import { tooMuch, tooMuchDrawn } from "./too-much.js";

let drawings = 0;

/** The drawing's element (null if there is none), and sentences about what was left out of it. */
export function drawing(text, alt) {
  const sentence = tooMuch(text, "A drawing");
  if (sentence) return { svg: null, leftOut: [sentence] };
  const { svg, leftOut } = cleanSvg(text);
  if (!svg) return { svg: null, leftOut };
  const drawn = tooMuchDrawn(svg);
  if (drawn) return { svg: null, leftOut: [...leftOut, drawn] };
  isolate(svg, `run${++drawings}-`);
  svg.classList.add("plot");
  if (!svg.hasAttribute("role")) svg.setAttribute("role", "img");
  if (!svg.hasAttribute("aria-label") && !svg.hasAttribute("aria-labelledby")) svg.setAttribute("aria-label", alt);
  fit(svg);
  return { svg, leftOut };
}

/** As wide as its column, at most so many times its own width as the build allows the stored drawings. */
function fit(svg) {
  const [width, height] = ["width", "height"].map((side) => svg.getAttribute(side)?.match(/^([\d.]+)(pt|px)?$/));
  if (!width) return;
  if (!svg.hasAttribute("viewBox") && height) {
    const [w, h] = [width, height].map(([, number, unit]) => number * (unit === "pt" ? 4 / 3 : 1));
    svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
  }
  if (!svg.hasAttribute("viewBox")) return;
  svg.style.maxWidth = `calc(${width[0]}${width[2] ? "" : "px"} * var(--figure-scale, 1))`;
  svg.removeAttribute("width");
  svg.removeAttribute("height");
}

/** Make ids unique and styles local: two drawings of one page use the same names for different things. */
function isolate(svg, prefix) {
  const ids = new Set();
  svg.id ||= "svg";
  for (const node of [svg, ...svg.querySelectorAll("[id]")]) {
    if (ids.has(node.id)) node.removeAttribute("id");
    else ids.add(node.id);
    if (node.id) node.id = prefix + node.id;
  }
  // Also where nothing has that name: it may be a part of another output.
  const rename = (text) => text.replace(/url\(\s*(["']?)#([^"'()]+)\1\s*\)/gi, `url(#${prefix}$2)`);
  for (const node of [svg, ...svg.querySelectorAll("*")]) {
    for (const attribute of [...node.attributes]) {
      if (/^aria-(labelledby|describedby)$/.test(attribute.name)) {
        const known = attribute.value.split(/\s+/).filter((id) => ids.has(id));
        if (known.length) attribute.value = known.map((id) => prefix + id).join(" ");
        else node.removeAttribute(attribute.name); // a name of the page
      } else if (/^(xlink:)?href$/.test(attribute.name)) attribute.value = attribute.value.trim().replace(/^#/, `#${prefix}`);
      else if (attribute.name !== "id" && attribute.value.includes("#")) attribute.value = rename(attribute.value);
    }
  }
  for (const style of svg.querySelectorAll("style")) {
    const text = scopedText(harmlessSheet(style.textContent), svg.id);
    style.textContent = text.replace(/url\("#|#([\w-]+)/g, (all, id) => (!id || ids.has(id) ? `${all.slice(0, id ? 1 : undefined)}${prefix}${id ?? ""}` : all));
  }
}
