// Runs the live figures' arithmetic for the tests: a list of {program, data, …} on stdin, a list of answers on stdout.

import { colorTable, tableOffset } from "../../book/_js/figures/lib/color-map.js";
import { createScene, readScene, resize } from "../../book/_js/figures/lib/cells-break-math.js";
import { compare, readShift } from "../../book/_js/figures/lib/equivariance-shift-math.js";
import { correlate, explain, pathBetween, readKernels, readPicture, readWindow } from "../../book/_js/figures/lib/sliding-kernel-math.js";

const programs = {
  correlate({ data }) {
    const picture = readPicture(data);
    const { kernels, start } = readKernels(data, picture);
    const outputs = kernels.map((kernel) => correlate(picture, kernel));
    readWindow(data.window, outputs[start].rows, outputs[start].columns);
    return outputs;
  },
  explain({ data, row, column }) {
    const picture = readPicture(data);
    return explain(picture, readKernels(data, picture).kernels[0], row, column);
  },
  path: ({ from, to }) => pathBetween(from, to),
  cells({ data, places }) {
    const world = createScene(readScene(data));
    let answer;
    for (const place of places) answer = world.place(place);
    return { ...answer, picture: world.picture, alpha: world.alpha };
  },
  resize: ({ sprite, scale }) => resize(sprite, scale),
  shift: ({ data, which, down, right, wrap }) => compare(readShift(data), which, down, right, wrap),
  colors: ({ name, dark }) => colorTable(name, dark),
  offsets: ({ values, low, high }) => values.map((value) => tableOffset(value, low, high)),
};

function run(task) {
  try {
    return { answer: programs[task.program](task) };
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
}

let text = "";
for await (const part of process.stdin) text += part;
const plain = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
process.stdout.write(JSON.stringify(JSON.parse(text).map(run), plain));
