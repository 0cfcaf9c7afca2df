// Bundles the book's scripts with the packages that they import: node bundle.mjs FORM FOLDER NAME=FILE …
//
// esbuild does it, with one change: the kernels of Jupyter's client library ask for the whole library (".."), files, settings and terminals
// included, of which they use two modules.

import { join } from "node:path";
import { build } from "esbuild";

const kernelsAlone = {
  name: "kernels-alone",
  setup({ onResolve }) {
    const parts = join(import.meta.dirname, "live", "jupyter-parts.js");
    onResolve({ filter: /^\.\.$/ }, ({ resolveDir }) => (/services.lib.kernel$/.test(resolveDir) ? { path: parts } : undefined));
  },
};

const [format, outdir, ...entries] = process.argv.slice(2);
try {
  await build({
    entryPoints: Object.fromEntries(entries.map((entry) => entry.split("="))),
    bundle: true,
    minify: true,
    format,
    outdir,
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
    plugins: [kernelsAlone],
  });
} catch {
  process.exitCode = 1; // esbuild has said why
}
