// What this page is: its cells, in the order in which they run, and where each one stands in the document.

/** The part of the page's description that live.py wrote; null on a page without cells. */
export function readConfig() {
  const script = document.getElementById("live-config");
  return script ? JSON.parse(script.textContent) : null;
}

/** The site's root, wherever it is served from (Sphinx writes the relative path into each page). */
export function siteRoot() {
  return new URL(document.documentElement.dataset.content_root || "./", document.baseURI);
}

/**
 * Pair the cells of the notebook with the document's.
 *
 * Not every cell is in the document: the author may have removed its code, or all of it. Such a cell still has to run with the
 * others, so its source comes from the configuration, and `node` or `input` is null.
 */
export function collectCells(config) {
  const nodes = [...document.querySelectorAll("div.cell")].filter((node) => !node.parentElement.closest("div.cell"));
  const shown = config.cells.filter((cell) => cell.shown);
  if (nodes.length !== shown.length) throw new Error(`${nodes.length} cells in the page, ${shown.length} in its notebook`);
  return config.cells.map((cell, index) => {
    const node = cell.shown ? nodes.shift() : null;
    return {
      number: index + 1,
      source: cell.source,
      mayFail: cell.tags.includes("raises-exception"),
      relations: { needs: cell.needs, reads: cell.reads, gives: cell.gives, binds: cell.binds, imports: cell.imports }, // see needs.js
      quiet: cell.tags.some((tag) => /^remove[-_](output|cell)$/.test(tag)),
      node,
      input: node?.querySelector(".cell_input") ?? null,
      stored: node?.querySelector(".cell_output") ?? null,
    };
  });
}
