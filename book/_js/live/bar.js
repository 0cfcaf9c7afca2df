// The line under the page's title: what can be done with its code, and how it is going.

import { el } from "./dom.js";

const UNKEPT = "This browser does not let the page keep anything (its storage is full or forbidden): when the page is closed or reloaded, your edits and what your cells have shown are lost.";

export class Bar {
  constructor() {
    this.content = el("div", { class: "live-bar-content" });
    this.note = el("p", { class: "live-note", hidden: true });
    // Not the visible status itself: that changes with every cell, and a screen reader would read all of it aloud.
    this.announcer = el("div", { class: "live-announcer", role: "status", "aria-live": "polite" });
    this.node = el("div", { class: "live-bar", role: "region", "aria-label": "Running the code of this page" });
    this.place = el("p", { class: "live-note live-place", hidden: true });
    this.shared = el("p", { class: "live-shared", hidden: true });
    this.stays = el("div");
    this.unkept = el("p", { class: "live-note live-unkept", "data-kind": "problem", hidden: true }, UNKEPT);
    this.node.append(this.content, this.note, this.place, this.stays, this.shared, this.unkept, this.announcer);
    (document.querySelector("article h1") ?? document.querySelector("h1"))?.after(this.node);
  }

  /** Tell a listener (only what matters: results, failures). */
  announce(text) {
    this.announcer.textContent = text;
  }

  /** Show a sentence below the line until the next one; `kind` is "info" or "problem". Empty text removes it. */
  say(text, kind = "info") {
    this.note.replaceChildren(...(Array.isArray(text) ? text : [text]));
    this.note.dataset.kind = kind;
    this.note.hidden = !this.note.textContent;
    if (!this.note.hidden) this.announce(this.note.textContent);
  }

  /** Show a line, whatever else is said, until somebody removes what is returned. */
  offer(...content) {
    const line = el("p", { class: "live-offer" }, ...content);
    this.stays.append(line);
    return line;
  }

  /** Say that something is lost: that stays until the reader has closed it, which is told to `closed`. */
  tellLoss(sentence, closed = () => {}) {
    const there = [...this.stays.children].some((line) => line.firstChild.textContent === sentence);
    if (there) return;
    const close = el("button", { type: "button", onclick: () => line.remove() || closed() }, "Close");
    const line = this.offer(el("span", {}, sentence), " ", close);
    line.classList.add("live-loss");
    this.announce(sentence);
  }

  /** Say, as long as it is so, for which place on the server this page waits. */
  tellOfPlace(sentence) {
    if (sentence && sentence !== this.place.textContent) this.announce(sentence);
    this.place.textContent = sentence;
    this.place.hidden = !sentence;
  }

  /** Say, as long as it is so, that other tabs use this page's kernel. */
  tellOfTabs(sentence) {
    if (sentence !== this.shared.textContent) this.shared.textContent = sentence;
    this.shared.hidden = !sentence;
  }

  /** Say, for as long as the page is open, that the browser keeps nothing of it. */
  warnOfStorage() {
    if (!this.unkept.hidden) return;
    this.unkept.hidden = false;
    this.announce(UNKEPT);
  }

  /** There is no kernel here: one quiet line that says where there is one. */
  offerElsewhere(config, root) {
    this.node.dataset.state = "static";
    const links = [el("a", { href: new URL(config.notebook, root).href, download: true }, "download it as a notebook")];
    if (config.binder) links.push(el("a", { href: config.binder }, "open it on Binder"));
    if (config.colab) links.push(el("a", { href: config.colab }, "open it in Colab"));
    const clone = config.clone ? el("code", {}, `git clone ${config.clone}`) : "clone the book’s repository";
    const line = el("p", {}, "This page shows results that were computed when it was built. To run its code, ");
    links.forEach((link) => line.append(link, ", "));
    line.append("or on your own computer: ", clone, config.clone ? "; " : " and say ", el("code", {}, "make live"), ".");
    this.content.replaceChildren(line);
  }

  /** There is a kernel: one button. */
  offerRun(config, root, { runAll, prepare }) {
    this.node.dataset.state = "ready";
    this.runButton = el("button", { type: "button", class: "live-primary", onclick: runAll, onpointerdown: prepare }, "Run this page");
    const keys = el("span", { class: "live-hint live-by-key" }, "or one cell: ", el("kbd", {}, "Shift"), "+", el("kbd", {}, "Enter"));
    const finger = el("span", { class: "live-hint live-by-touch" }, "or one cell: Run below its code");
    this.content.replaceChildren(this.runButton, keys, finger, this.#links(config, root));
  }

  /** A kernel is at work for this page: its controls. */
  showControls(config, root, { runAll, interrupt, restart }) {
    const hadFocus = this.content.contains(document.activeElement);
    this.node.dataset.state = "live";
    const button = (label, action, extra = {}) => el("button", { type: "button", onclick: action, ...extra }, label);
    this.runButton = button("Run all", runAll, { class: "live-primary" });
    this.interruptButton = button("Interrupt", interrupt, { disabled: true });
    this.restartButton = button("Restart", restart, { title: "Start Python anew: all variables are lost" });
    this.status = el("span", { class: "live-status" });
    const buttons = [this.runButton, this.interruptButton, this.restartButton];
    this.content.replaceChildren(...buttons, this.status, this.#links(config, root));
    if (hadFocus) this.runButton.focus(); // the button that was pressed is gone; do not drop the keyboard's place
  }

  /** Say how it is going; `state` is starting, waiting, idle, busy, offline or locked. */
  setStatus(state, text) {
    if (!this.status) return;
    this.node.dataset.kernel = state;
    this.status.textContent = text;
    this.interruptButton.disabled = state !== "busy";
  }

  #links(config, root) {
    const links = el("span", { class: "live-links" });
    if (config.help && config.help !== `${config.page}.html`) links.append(el("a", { href: new URL(config.help, root).href }, "How it works"));
    links.append(el("a", { href: new URL(config.notebook, root).href, download: true }, "Notebook"));
    return links;
  }
}
