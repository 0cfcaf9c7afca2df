// The reader's own picture in the playground: chosen as a file or dropped, cut to a square. Nothing leaves the browser.

import { button, make } from "./dom.js";
import { greyOf } from "./filter-playground-math.js";

/**
 * `frame` is where a picture may be dropped, n × n what is made of it. `onPicture(values, name)` hears of one, and with null of
 * the way back to the book's; `onBad(message)` of a file that is none.
 */
export function ownPicture(n, frame, onPicture, onBad) {
  const file = make("input", { type: "file", accept: "image/*", "aria-label": "Your own picture" });
  const back = button("The book’s picture", () => use(null, ""));
  const element = make("div", { class: "lf-actions lf-own" }, make("label", { class: "lf-button lf-file" }, file, "Your own picture…"),
    make("small", {}, "Or drop one on x. It stays in this browser; nothing is sent."));

  function use(values, name) {
    onPicture(values, name);
    if (values) element.insertBefore(back, element.lastChild);
    else back.remove();
    file.value = "";
  }

  async function readFile(one) {
    try {
      use(await squareOf(one, n), one.name);
    } catch {
      onBad(`“${one.name}” must be a picture that this browser can read, got ${one.type || "a file of unknown type"}. The picture stays as it was.`);
      file.value = "";
    }
  }

  file.addEventListener("change", () => file.files.length && readFile(file.files[0]));
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  for (const name of ["dragenter", "dragover"]) {
    frame.addEventListener(name, (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      frame.classList.add("lf-drop");
    });
  }
  frame.addEventListener("dragleave", () => frame.classList.remove("lf-drop"));
  frame.addEventListener("drop", (event) => {
    frame.classList.remove("lf-drop");
    if (!carries(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) readFile(event.dataTransfer.files[0]);
  });

  return { element, readFile };
}

/** The middle square of a picture from a file, n × n, grey. */
async function squareOf(file, n) {
  const bitmap = await createImageBitmap(file);
  const side = Math.min(bitmap.width, bitmap.height);
  const drawing = make("canvas", { width: n, height: n }).getContext("2d", { willReadFrequently: true });
  drawing.imageSmoothingQuality = "high";
  drawing.fillStyle = "#fff"; // behind what is transparent
  drawing.fillRect(0, 0, n, n);
  drawing.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, n, n);
  bitmap.close();
  return greyOf(drawing.getImageData(0, 0, n, n).data);
}
