// A picture from a file that the reader chose, as grey values. What is none is an Error that says what it must be.

import { areaMeans } from "./area-means.js";
import { make } from "./dom.js";

const FINER = 4; // an SVG picture is drawn so many times finer than it is needed

/** The middle square of a picture, n × n, grey. */
export async function squareOf(file, n) {
  const picture = isSvg(file) ? await drawnSvg(file, n) : await createImageBitmap(file).catch(() => unreadable(file));
  try {
    return squareMeans(picture, n);
  } finally {
    picture.close?.();
  }
}

function squareMeans(picture, n) {
  const side = Math.min(picture.width, picture.height);
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2].map(Math.floor);
  const strip = make("canvas", { width: side, height: Math.ceil(side / n) + 1 }).getContext("2d", { willReadFrequently: true });
  strip.imageSmoothingEnabled = false;
  return areaMeans(side, n, (first, count) => {
    strip.clearRect(0, 0, side, count);
    strip.drawImage(picture, left, top + first, side, count, 0, 0, side, count);
    return strip.getImageData(0, 0, side, count).data;
  });
}

// --- SVG, which browsers read as a picture only in an <img> ------------------------------------------------------------

const isSvg = (file) => file.type === "image/svg+xml" || (!file.type && /\.svg$/i.test(file.name));

/** A drawing on a canvas of at least FINER · n pixels each way. */
async function drawnSvg(file, n) {
  const text = await file.text();
  checkSize(text, file);
  const image = new Image();
  // Not a blob: address. Chromium lets no page read a canvas on which such a drawing with HTML in it was put.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode().catch(() => unreadable(file));
  const scale = (FINER * n) / Math.min(image.width, image.height);
  const [width, height] = [image.width, image.height].map((length) => Math.round(length * scale));
  const canvas = make("canvas", { width, height });
  canvas.getContext("2d").drawImage(image, 0, 0, width, height);
  return canvas;
}

/** Only a width and a height of its own make a drawing a picture; percentages are of the page that shows it. */
function checkSize(text, file) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (!(root instanceof SVGSVGElement)) unreadable(file);
  const got = ["width", "height"].map((name) => (root.hasAttribute(name) ? `${name} ${root.getAttribute(name)}` : `no ${name}`));
  const own = [root.width, root.height].every(({ baseVal }) =>
    baseVal.unitType !== SVGLength.SVG_LENGTHTYPE_PERCENTAGE && baseVal.valueInSpecifiedUnits > 0);
  if (!own) throw new Error(`must be an SVG picture with a size, a width and a height that are not percentages, got ${got.join(" and ")}`);
}

function unreadable(file) {
  throw new Error(`must be a picture that this browser can read, got ${file.type || "a file of unknown type"}`);
}
