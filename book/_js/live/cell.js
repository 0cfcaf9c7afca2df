// One cell of a live page: its editor, the book's output and the reader's own.
//
// The book's output never leaves the document. When a run shows something, it is folded behind a small button; its captions stay.

import { el } from "./dom.js";
import { handOver, matchPrint, printOf } from "./early.js";
import { openEditor, setText } from "./editor.js";
import { unfold } from "./folds.js";
import { Outputs } from "./outputs/outputs.js";

let names = 0;

export class LiveCell {
  constructor(cell, session, kept) {
    Object.assign(this, cell);
    this.session = session;
    this.tools?.makeLive(session);
    if (kept) this.#restore(kept);
  }

  /** Bring back the reader's text of an earlier visit. */
  #restore({ text, base }) {
    this.text = text;
    this.#show({ edited: text !== this.source });
    if (text === this.source) return this.session.edits.drop(this); // the book says by now what the reader wrote
    if (base === this.source) return undefined;
    this.base = base;
    const button = (label, action) => el("button", { type: "button", onclick: action }, label);
    const says = "The book’s text of this cell has changed since you edited it. ";
    const show = button("Show the book’s text", () => {
      const shown = this.input.classList.toggle("live-both");
      show.textContent = shown ? "Hide the book’s text" : "Show the book’s text";
    });
    const take = button("Take the book’s", () => this.reset());
    const keep = button("Keep mine", () => this.#settle() || this.session.edits.keep(this, this.code));
    this.conflict = el("p", { class: "live-problem" }, says, show, " ", take, " ", keep);
    this.input.append(this.conflict);
    return undefined;
  }

  /** The reader has chosen between their text and the book's. */
  #settle() {
    this.base = undefined;
    this.input?.classList.remove("live-both");
    this.conflict?.remove();
  }

  /** The cell's editor, opened at the first call; none if the author hid the code for good. */
  openEditor() {
    return this.input && (this.opened ??= this.#open());
  }

  #open() {
    const code = printOf(this.input);
    const place = el("div", { class: "live-editor highlight" });
    this.tools?.edited();
    matchPrint(place, code.pre);
    this.input.prepend(place);
    place.addEventListener("focusin", () => this.session.wake(), { once: true }); // who goes in wants to run it
    const editor = openEditor(place, this.text ?? this.source, {
      label: `Python code of cell ${this.number}. Escape leaves the editor.`,
      run: (advance) => this.session.run(this, { advance }),
      leave: () => this.tools.runButton.focus(),
      changed: (text) => this.#changed(text),
    });
    if (this.tools?.field) handOver(this.tools, editor);
    code.box?.classList.add("live-print"); // hidden on the screen, still there for the printer
    return editor;
  }

  #changed(text) {
    const edited = text !== this.source;
    this.#show({ edited });
    this.age();
    this.session.edited();
    if (edited) this.session.edits.keep(this, text);
    else {
      this.#settle();
      this.session.edits.drop(this);
    }
  }

  get code() {
    return this.opened?.state.doc.toString() ?? this.text ?? this.source;
  }

  get edited() {
    return this.code !== this.source;
  }

  /** Show the state: "queued", "running", "done", "failed", "dropped" (it waited, and was not run) or none. */
  setState(state) {
    this.state = state;
    if (!this.node) return;
    this.told?.remove();
    if (state) this.node.dataset.live = state;
    else delete this.node.dataset.live;
    this.input?.setAttribute("aria-busy", state === "running");
    this.tools?.setState(state);
  }

  /**
   * Begin to show a run. What is there stays until the run has something to show, so that the page does not jump.
   * `alone`: the reader asked for this very cell; `earlier`: it is one of an earlier visit, for which nothing is opened;
   * `code`: what runs, which need not be what stands in the cell by now.
   */
  begin({ alone, earlier = false, code = this.code }) {
    // An author removed this output because nobody needs it: a whole run keeps it so, except for an error.
    const hidden = !this.node || (this.quiet && !alone && !this.edited);
    const above = el("div", { class: "live-above" });
    const outputs = new Outputs((n) => this.#describe(n), (count) => this.session.cellOfRun(count));
    let shown = false;
    this.age();
    const show = () => {
      if (shown || !this.node) return;
      shown = true;
      this.wrong = false;
      const place = this.#freshPlace();
      this.mark.textContent = "Your run";
      if (code !== this.code) this.age();
      place.querySelector(":scope > .live-above").replaceWith(above);
      place.querySelector(":scope > .live-body").replaceWith(outputs.node);
      this.#fold(true);
      this.#show({ ran: true });
      if (alone && !earlier) this.#unfold();
    };
    return {
      /** Whether the page shows anything of it, or would if there were anything: a thread may say something later. */
      isShown: () => shown,
      mayShow: !hidden,
      /** Put a line above the output. */
      above: (node) => {
        above.replaceChildren(node);
        if (!hidden) show();
      },
      handle: (message) => {
        const type = message.header.msg_type;
        if (type === "execute_input") this.session.countRun(message.content.execution_count, this.number);
        if (outputs.handle(message) === false) return;
        if (!hidden || type === "error") show();
        if (type !== "error") return;
        this.wrong = true; // the run that is seen here has failed
        if (!earlier) this.#unfold();
      },
      end: () => {
        outputs.end();
        if (hidden) return;
        if (outputs.empty && !this.stored && !alone) return this.#removeFresh(); // a progress bar has come and gone
        if (outputs.empty && (this.stored || this.fresh)) outputs.sayNothing();
        if (!outputs.empty || this.stored || this.fresh) show();
      },
      /** It came to nothing: say so below what it has shown, and show the book's output again. */
      fail: (text) => {
        outputs.end();
        show();
        this.hint(text);
        this.#fold(false);
      },
    };
  }

  /** Add a sentence below the run's output. */
  hint(...content) {
    this.#below("live-problem", content);
  }

  /** Add an offer below the run's output: what else could be run now. */
  offer(...content) {
    this.#below("live-prelude", content);
  }

  #below(kind, content) {
    this.fresh?.querySelector(":scope > .live-body").append(el("p", { class: kind }, ...content));
  }

  /** Say something about the run while it lasts, at the code. */
  tell(...content) {
    this.told?.remove();
    this.told = el("p", { class: "live-problem" }, ...content);
    this.input?.append(this.told);
  }

  /** Back to the author's text and output. */
  reset() {
    this.#settle();
    if (this.edited) setText(this.openEditor(), this.source);
    this.#removeFresh();
    this.#fold(false);
    this.setState(null);
    this.#show({ ran: false, edited: false });
    this.openEditor()?.focus();
  }

  /** What a run has left is from an earlier one from now on. */
  age() {
    if (this.fresh) this.mark.textContent = "Your earlier run";
  }

  /** It has run after all, quietly: what an earlier run that failed has left is not so any more, the book's output is. */
  forgive() {
    if (!this.wrong || this.edited) return false;
    this.#removeFresh();
    this.#fold(false);
    this.#show({ ran: false });
    return true;
  }

  #removeFresh() {
    this.wrong = false;
    this.fresh?.remove();
    this.fresh = null;
  }

  #show(change) {
    Object.assign((this.shown ??= {}), change);
    if (!this.tools?.resetButton) return;
    this.tools.resetButton.hidden = !this.shown.ran && !this.shown.edited;
    this.tools.editedMark.hidden = !this.shown.edited;
    if (!this.stored) return;
    const odd = this.shown.edited && !this.shown.ran;
    if (odd && !this.notMine) this.stored.before((this.notMine = el("p", { class: "live-not-mine" }, "The book’s output, not of your edit")));
    if (this.notMine) this.notMine.hidden = !odd;
  }

  /** Open the folds around the reader's output: whoever ran this very cell wants to see it, and nobody should miss an error. */
  #unfold() {
    if (this.fresh) unfold(this.fresh);
  }

  /** The place of the reader's output: before the book's, or after the code. */
  #freshPlace() {
    if (this.fresh) return this.fresh;
    this.mark = el("span", {}, "Your run");
    const mark = el("div", { class: "live-mark" }, this.mark);
    this.fresh = el("div", { class: "live-fresh" }, mark, el("div", { class: "live-above" }), el("div", { class: "live-body" }));
    if (this.stored) {
      this.stored.id ||= `live-stored-${++names}`;
      this.toggle = el("button", { type: "button", "aria-controls": this.stored.id, onclick: () => this.#fold(!this.folded) });
      mark.append(this.toggle);
      this.stored.before(this.fresh);
    } else if (this.input) {
      // After the fold that may hold the code, so that the output is seen while the code is not.
      const anchor = [...this.node.children].find((child) => child.contains(this.input));
      anchor.after(this.fresh);
    } else this.node.append(this.fresh);
    return this.fresh;
  }

  #fold(folded) {
    this.folded = folded;
    this.stored?.classList.toggle("live-folded", folded);
    if (!this.toggle) return;
    this.toggle.textContent = folded ? "Show the book’s output" : "Hide the book’s output";
    this.toggle.setAttribute("aria-expanded", !folded);
  }

  /** Text alternative of the n-th picture of a run: the author's, as long as the code is the author's. */
  #describe(n) {
    const pictures = this.stored?.querySelectorAll("img, svg[role=img]") ?? [];
    const theirs = pictures[n]?.getAttribute("alt") ?? pictures[n]?.getAttribute("aria-label");
    return (!this.edited && theirs) || `Figure ${n + 1} drawn by your run of cell ${this.number}`;
  }
}
