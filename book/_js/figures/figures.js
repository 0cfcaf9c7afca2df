// The loader: puts each live figure in the place of its printed twin, shortly before the reader gets there.

// A classic script, deferred: browsers refuse modules in a page that was opened as a file.
const here = document.currentScript.src;

const WAITING = "svg > metadata[data-live-figure]:not([data-seen])";

async function mount(svg, metadata) {
  const name = metadata.dataset.liveFigure;
  if (!/^[\w-]+$/.test(name)) return; // it becomes part of an address, and may come out of a cell
  const el = document.createElement("div");
  const alt = svg.getAttribute("aria-label") ?? "";
  try {
    const { render } = await import(new URL(`figures/${name}.js`, here));
    el.className = `live-figure lf-${name}`;
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", alt);
    svg.before(el);
    svg.classList.add("lf-twin");
    await render({ el, data: JSON.parse(metadata.textContent), twin: svg, alt });
  } catch (error) {
    el.remove();
    svg.classList.remove("lf-twin");
    console.error(`The live figure "${name}" does not run; its printed twin stays.`, error);
  }
}

const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    mount(target, target.querySelector("metadata[data-live-figure]"));
  }
}, { rootMargin: "400px" });

function watch(root) {
  for (const metadata of root.querySelectorAll(WAITING)) {
    metadata.dataset.seen = "";
    watcher.observe(metadata.parentNode);
  }
}

// There the figures' own modules are refused, too, and the printed twins stay.
if (location.protocol !== "file:") {
  watch(document);
  document.addEventListener("output-rendered", (event) => watch(event.target));
}
