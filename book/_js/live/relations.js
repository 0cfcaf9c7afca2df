// What the cells of a page have to do with each other as they stand: the author's by the build, those that the reader has edited by the server.

import { pause } from "./server.js";

const isLasting = ({ gives }) => gives.includes("*") && !gives.includes("?"); // see booksite/needed_cells.py

export class Relations {
  /** `ask(texts)` gives the server's word on a page of cells with these texts. */
  constructor(cells, ask) {
    Object.assign(this, { cells, ask });
    this.known = null;
  }

  /** A promise of the page's cells (see needs.js), one of them, if it is named, with the text that it runs with. */
  of(cell, code) {
    const texts = this.cells.map((other) => (other === cell ? code : other.code));
    const key = JSON.stringify(texts);
    if (key !== this.known?.key) this.known = { key, page: this.#relate(texts) };
    return this.known.page;
  }

  async #relate(texts) {
    const edited = (index) => texts[index] !== this.cells[index].source;
    let relations = this.cells.map((cell) => cell.relations);
    if (texts.some((_, index) => edited(index))) {
      const above = (index) => ({ ...relations[index], needs: [...Array(index).keys()], reads: [] });
      relations = await this.ask(texts).catch(async () => {
        this.known = null; // the server may answer the next time
        await pause(0); // a page that is left loses its questions; it is gone before this ends, and begins nothing in its last moment
        return relations.map((known, index) => (edited(index) ? above(index) : known)); // what nobody can judge needs all that is above it
      });
    }
    // A reader's cell that acts on the process (ends it, stops it, sets a seed) has done so when it ran; it is no need of others.
    const acts = (index) => edited(index) && isLasting(relations[index]) && !isLasting(this.cells[index].relations);
    const names = (index) => relations[index].gives;
    const wanted = (index, of) => [of, ...relations[of].needs].some((other) => other > index && relations[other].reads.some((name) => names(index).includes(name)));
    return texts.map((code, index) => {
      const needs = relations[index].needs.filter((other) => !acts(other) || wanted(other, index));
      return { code, ...relations[index], needs };
    });
  }
}
