// Which cells have to run before one: of those that it needs, the ones whose work is not in this kernel as it ought to be.
//
// What each cell needs, reads and gives is found in the cells' text (booksite/needed_cells.py), by the build for the author's cells and by
// the server for those that the reader has edited.

const EVERYTHING = "*"; // among what a cell gives: it acts on all that comes after it
const ANY = new Set([EVERYTHING, "?"]); // what is no name

/** A mark of a cell's code and of all that stood behind it: equal marks, equal results. `mark(i)` is that of another cell. */
export function markOf(cells, index, mark) {
  return digest(JSON.stringify([cells[index].code, cells[index].needs.map(mark)]));
}

/**
 * The cells to run before `cells[index]`, in order: those that have not run as they stand now, and those whose names another cell has
 * changed since.
 *
 * @param {{code: string, needs: number[], reads: string[], gives: string[], binds: string[], imports: Object<string, string>}[]} cells
 * @param {number} index
 * @param {(index: number) => {mark: string, turn: number, binds: string[], imports: Object<string, string>} | undefined} ran how a cell last ran in this kernel
 */
export function cellsToRunFirst(cells, index, ran) {
  const { needs } = cells[index];
  const marks = new Map();
  const mark = (of) => {
    if (!marks.has(of)) marks.set(of, markOf(cells, of, mark));
    return marks.get(of);
  };
  const binders = lastBinders(cells, ran);
  const binderOf = (cell, name) => needs.findLast((other) => other < cell && (cells[other].binds.includes(name) || name in cells[other].imports));
  const gives = (of, name) => name !== EVERYTHING && cells[of].gives.includes(name);
  const again = new Set(needs.filter((other) => ran(other)?.mark !== mark(other)));
  let before;
  do {
    before = again.size;
    for (const cell of [...again, index]) {
      // It must find its names as the cells before it left them; what it has changed itself, when it ran the last time, may stay.
      for (const name of cells[cell].reads) {
        const binder = binderOf(cell, name);
        if (binder === undefined) continue;
        const [last, origin] = binders.get(name) ?? [];
        const same = last === binder || (origin && origin === cells[binder].imports[name]);
        if (!same && !(cell === index && last === index)) again.add(binder);
      }
      // What it changes in place it shall change from where it began the last time.
      if (cell !== index && ran(cell)) {
        const { gives, binds, imports } = cells[cell];
        const inPlace = gives.filter((name) => !ANY.has(name) && !binds.includes(name) && !(name in imports));
        for (const name of inPlace) if (binderOf(cell, name) !== undefined) again.add(binderOf(cell, name));
      }
      // What it gives anew, those after it have to change anew.
      if (cell !== index) needs.filter((other) => other > cell && cells[cell].gives.some((name) => gives(other, name))).forEach((other) => again.add(other));
    }
  } while (again.size > before);
  return [...again].sort((a, b) => a - b);
}

/** The cells below one that use, by whatever way, a name that it gives. */
export function dependents(cells, index) {
  const values = ({ gives, imports }) => gives.filter((name) => !ANY.has(name) && !(name in imports));
  const given = new Set(values(cells[index]));
  const found = [];
  for (let below = index + 1; below < cells.length; below++) {
    if (!cells[below].needs.includes(index) || !cells[below].reads.some((name) => given.has(name))) continue;
    found.push(below);
    values(cells[below]).forEach((name) => given.add(name));
  }
  return found;
}

/** For each name the cell that was the last to bind it in this kernel, and where it has it from if it imported it. */
function lastBinders(cells, ran) {
  const runs = [...cells.keys()].map((index) => ({ index, ...ran(index) })).filter((run) => run.mark !== undefined);
  runs.sort((a, b) => a.turn - b.turn);
  const named = ({ index, binds, imports = {} }) => [...binds.map((name) => [name, [index]]), ...Object.entries(imports).map(([name, origin]) => [name, [index, origin]])];
  return new Map(runs.flatMap(named));
}

/** A short name of a text: 53 bits, for telling texts apart, not for keeping secrets. */
export function digest(text) {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
