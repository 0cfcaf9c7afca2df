// The editor of a cell: CodeMirror 6, dressed as the printed code.

import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python"; // without the completions of `python()`
import { indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, keymap } from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";

// The class names are those of Pygments, so that the page's own style sheet colours the editor, light and dark, as it colours the print.
const colours = tagHighlighter([
  { tag: tags.comment, class: "c1" },
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword, tags.operatorKeyword], class: "k" },
  { tag: tags.moduleKeyword, class: "kn" },
  { tag: [tags.bool, tags.null], class: "kc" },
  { tag: [tags.string, tags.special(tags.string)], class: "s2" },
  { tag: tags.escape, class: "se" },
  { tag: [tags.number, tags.integer, tags.float], class: "mi" },
  { tag: [tags.operator, tags.compareOperator, tags.arithmeticOperator, tags.definitionOperator], class: "o" },
  { tag: tags.punctuation, class: "p" },
  { tag: tags.function(tags.definition(tags.variableName)), class: "nf" },
  { tag: tags.definition(tags.className), class: "nc" },
  { tag: tags.meta, class: "nd" },
  { tag: tags.standard(tags.variableName), class: "nb" },
  { tag: [tags.variableName, tags.propertyName], class: "n" },
]);

/**
 * Open an editor.
 *
 * @param {HTMLElement} parent where to put it
 * @param {string} text its content
 * @param {{label: string, run: Function, leave: Function, changed: Function}} hooks
 *   run(advance) for Shift+Enter (true) and Ctrl+Enter (false); leave() for Escape, since Tab indents in here
 */
export function openEditor(parent, text, { label, run, leave, changed }) {
  const command = (action) => () => {
    action();
    return true;
  };
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: "Shift-Enter", run: command(() => run(true)) },
            { key: "Mod-Enter", run: command(() => run(false)) },
            { key: "Ctrl-Enter", run: command(() => run(false)) },
            { key: "Escape", run: command(leave) }, // always: Tab indents in here, so this is the keyboard's way out
          ]),
        ),
        Prec.highest(EditorView.domEventHandlers({ keydown: runsOnce })),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("    "),
        pythonLanguage,
        syntaxHighlighting(colours),
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
        tabLeavesUntilOneTypes(),
        EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
      ],
    }),
  });
}

/** A key that is held down runs a cell once. */
function runsOnce({ key, repeat, shiftKey, ctrlKey, metaKey }) {
  return repeat && key === "Enter" && (shiftKey || ctrlKey || metaKey);
}

/** Who comes by Tab goes on by Tab; who has clicked or typed in here indents with it, and leaves by Escape. */
function tabLeavesUntilOneTypes() {
  let pointer = false;
  const QUIET = new Set(["Tab", "Shift", "Control", "Alt", "Meta", "Escape"]);
  return EditorView.domEventObservers({
    pointerdown: (_, view) => {
      pointer = true;
      view.setTabFocusMode(false);
    },
    focus: (_, view) => view.setTabFocusMode(!pointer),
    blur: () => {
      pointer = false;
    },
    keydown: ({ key }, view) => {
      if (!QUIET.has(key)) view.setTabFocusMode(false);
    },
  });
}

/** Replace an editor's whole text, as one step that can be undone, also right after a keystroke. */
export function setText(view, text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: isolateHistory.of("full") });
}
