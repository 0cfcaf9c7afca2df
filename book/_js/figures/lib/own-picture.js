// The reader's own picture in the playground: chosen as a file or dropped, cut to a square. Nothing leaves the browser.

import { button, make } from "./dom.js";
import { squareOf } from "./picture-file.js";

/**
 * `frame` is where a picture may be dropped, n × n what is made of it. `onPicture(values, name)` hears of one, and with null of
 * the way back to the book's; `onBad(message)` of a file that is none.
 */
export function ownPicture(n, frame, onPicture, onBad) {
  const file = make("input", { type: "file", accept: "image/*", "aria-label": "Your own picture" });
  const back = button("The book’s picture", () => {
    chosen++;
    use(null, "");
  });
  const element = make("div", { class: "lf-actions lf-own" }, make("label", { class: "lf-button lf-file" }, file, "Your own picture…"),
    make("small", {}, "Or drop one on x. It stays on this page as long as that is open; nothing is sent."));
  let chosen = 0; // how often the reader has chosen: a large picture may be ready after one that was chosen later

  function use(values, name) {
    onPicture(values, name);
    if (values) element.insertBefore(back, element.lastChild);
    else back.remove();
  }

  async function readFile(one) {
    const turn = ++chosen;
    try {
      const values = await squareOf(one, n);
      if (turn === chosen) use(values, one.name);
    } catch (error) {
      if (turn === chosen) onBad(`“${one.name}” ${error.message}. The picture stays as it was.`);
    }
  }

  file.addEventListener("change", () => {
    const [one] = file.files;
    file.value = ""; // so that the same file can be chosen again
    if (one) readFile(one);
  });
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
