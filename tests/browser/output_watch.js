// What the test of hostile outputs looks at in a page, and does to it.

/** Give the page what an output could disturb: names that its styles could take, and an element that uses them. */
window.dress = () => {
  const style = document.createElement("style");
  style.textContent = `@keyframes page-move { from, to { transform: translateX(7px) } } @layer page-early, page-late;
    @property --page-size { syntax: "*"; inherits: false }
    @layer page-late { #probe { color: rgb(7, 7, 7) } } @layer page-early { #probe { color: rgb(6, 6, 6) } }
    #probe { animation: page-move 9s paused; list-style: page-count; width: var(--page-size, 50px) }`;
  document.head.append(style);
  const probe = document.createElement("p");
  probe.id = "probe";
  probe.textContent = "A paragraph of the page";
  document.querySelector("article h1").after(probe);
  scrollTo(0, 90); // the theme keeps a first scroll in a global name
  // A link to the web opens on a click, and that is all right; here it only says that it would.
  window.opened = [];
  addEventListener("click", (event) => {
    const link = event.composedPath().find((node) => node.localName === "a");
    const address = link?.getAttribute("href") ?? link?.getAttribute("xlink:href");
    if (!/^https?:/i.test(address ?? "")) return;
    event.preventDefault();
    opened.push([link.getAttribute("target"), link.getAttribute("rel")].join());
  }, true);
};

const everything = (root) => [...root.querySelectorAll("*")].flatMap((node) => [node, ...(node.shadowRoot ? everything(node.shadowRoot) : [])]);

/** What lies outside of the bench, as anybody can see or compute it. */
window.outside = () => {
  document.activeElement.blur();
  scrollTo(0, 0);
  const place = document.getElementById("bench");
  const outside = [...document.querySelectorAll("*")].filter((node) => !place.contains(node) && !node.matches("head > script[src*=mathjax]"));
  const names = ["color", "display", "visibility", "opacity", "fontFamily", "fontSize", "transform", "backgroundColor",
    "backgroundImage", "cursor", "position", "width", "listStyleType", "animationName", "filter", "zIndex"];
  const seen = [document.documentElement, document.body, ...document.querySelectorAll("article, article h1, #probe, article p, nav a, button")]
    .filter((node) => !place.contains(node)).slice(0, 24);
  const look = seen.map((node) => {
    const style = getComputedStyle(node);
    const { x, y, width } = node.getBoundingClientRect();
    const content = ["::before", "::after"].map((part) => getComputedStyle(node, part).content);
    return [node.localName, node.id, x, y, width, ...names.map((name) => style[name]), ...content].join("|");
  });
  const points = ["article h1", "#probe"].map((name) => {
    const { x, y } = document.querySelector(name).getBoundingClientRect();
    return document.elementFromPoint(x + 5, y + 5)?.outerHTML.slice(0, 24);
  });
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  return {
    look, points, count: outside.length, title: document.title, address: location.href, cookie: document.cookie, history: history.length,
    globals: Object.getOwnPropertyNames(window),
    sheets: [...document.styleSheets].filter((sheet) => !place.contains(sheet.ownerNode)).length,
    adopted: document.adoptedStyleSheets.length, sideways: document.documentElement.scrollWidth,
    repeated: ids.filter((id, k) => ids.indexOf(id) !== k).join(), scrolled: scrollY,
    clobbered: [typeof clobbered, typeof document.clobbered, typeof document.getElementById, document.body.localName].join(),
  };
};

/** Press, hover and focus everything that the output has made. */
window.poke = () => {
  for (const node of everything(document.querySelector("#bench > .live-body")).slice(0, 400)) {
    const options = { bubbles: true, composed: true, cancelable: true };
    for (const type of ["pointerover", "pointerenter", "mouseover", "pointerdown", "mousedown", "focusin"]) node.dispatchEvent(new MouseEvent(type, options));
    node.focus?.();
    node.dispatchEvent(new MouseEvent("click", options));
    node.blur?.();
  }
};

/** What the output has become. */
window.inside = () => {
  const nodes = everything(document.querySelector("#bench > .live-body"));
  const acting = "script, iframe, frame, object, embed, link, meta, base, form, input, button:not(.live-link), select, textarea, dialog, template, " +
    "animate, set, animateMotion, animateTransform, foreignObject, [popover], [contenteditable], [autofocus], [accesskey], [srcset], [ping], [background]";
  return {
    acting: nodes.filter((node) => node.matches(acting)).map((node) => node.outerHTML.slice(0, 80)),
    handlers: nodes.flatMap((node) => [...node.attributes]).filter(({ name }) => /^on/i.test(name)).map(({ name }) => name),
    height: Math.max(...[...document.querySelectorAll("#bench > .live-body > *")].map((node) => node.getBoundingClientRect().height), 0),
    opened: opened.splice(0),
    focus: document.activeElement.localName,
    stops: nodes.filter((node) => node.tabIndex >= 0 && node.hasAttribute("tabindex") && !node.matches("mjx-container")).length,
  };
};
