// The smallest live figure: it says the number that came with the drawing.
export function render({ el, data }) {
  el.append(Object.assign(document.createElement("button"), { type: "button", textContent: `side ${data.side}` }));
}
