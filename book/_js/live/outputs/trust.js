// Outputs come from the first press on. From then on the browser takes no text for HTML, and none for a script, that has not passed here:
// the libraries of the page write HTML by themselves (formulas, tooltips), and would go on doing so if an output led them to.

import DOMPurify from "dompurify";

/** Ask the browser for trusted types in this page (where it has them); `scripts` is the folder from which scripts may come. */
export function trustNoText(scripts) {
  if (!window.trustedTypes || trustedTypes.defaultPolicy) return;
  const purifier = DOMPurify(window);
  purifier.sanitize(""); // makes its policy, as the outputs' own has done before (see sanitize.js); these are the last that may be made
  trustedTypes.createPolicy("default", {
    createHTML: (text) => purifier.sanitize(text),
    createScriptURL: (address) => (new URL(address, location.href).href.startsWith(scripts.href) ? address : null),
  });
  const rule = document.createElement("meta");
  rule.httpEquiv = "Content-Security-Policy";
  rule.content = "require-trusted-types-for 'script'; trusted-types 'none'";
  document.head.append(rule);
}
