// Kinds of output that this page does not show, and what to say in their place.

const KINDS = [
  [/^application\/vnd\.jupyter\.widget-view/, () => "A widget was left out: this page shows what a cell computes, but has no sliders and buttons that talk to Python. Change the number in the code and run the cell again."],
  [/^(application|text)\/(x-)?(java|ecma)script$/, () => "A script was left out: outputs of cells cannot run scripts here. (If this was “%matplotlib notebook”: figures appear without it.)"],
  [/plotly|vega|bokeh|holoviews|geo\+json|x3d|threejs|pydeck/i, (kind) => `An interactive drawing (${kind}) was left out: it needs a script of its own, which outputs of cells cannot run here. Draw it with matplotlib, or save it as a picture and show that.`],
];

/** Sentences about the kinds in an output's data that are not shown although the author meant them to be; `shown` is the kind that is. */
export function cannotShow(data, shown) {
  const known = Object.keys(data).flatMap((kind) => KINDS.filter(([pattern]) => pattern.test(kind)).map(([, sentence]) => sentence(kind)));
  if (known.length || shown) return known;
  const kind = Object.keys(data)[0];
  return kind ? [`An output of the kind ${kind} was left out: this page cannot draw it.`] : [];
}
