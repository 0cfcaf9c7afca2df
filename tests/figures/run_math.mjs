// Runs the live figures' arithmetic for the tests: a list of {program, data, …} on stdin, a list of answers on stdout.

import { areaMeans } from "../../book/_js/figures/lib/area-means.js";
import { colorTable, tableOffset } from "../../book/_js/figures/lib/color-map.js";
import { createScene, readScene, resize } from "../../book/_js/figures/lib/cells-break-math.js";
import * as stepper from "../../book/_js/figures/lib/convolution-stepper-math.js";
import * as toeplitz from "../../book/_js/figures/lib/dense-to-toeplitz-math.js";
import { compare, readShift } from "../../book/_js/figures/lib/equivariance-shift-math.js";
import * as playground from "../../book/_js/figures/lib/filter-playground-math.js";
import { readableInk } from "../../book/_js/figures/lib/ink.js";
import * as laboratory from "../../book/_js/figures/lib/line-laboratory-math.js";
import * as linePicture from "../../book/_js/figures/lib/line-picture-math.js";
import * as explorer from "../../book/_js/figures/lib/shift-explorer-math.js";
import { correlate, explain, pathBetween, readKernels, readPicture, readWindow } from "../../book/_js/figures/lib/sliding-kernel-math.js";
import * as spectrum from "../../book/_js/figures/lib/spectrum.js";
import { typedNumber } from "../../book/_js/figures/lib/typed-number.js";
import { total } from "../../book/_js/figures/lib/values.js";

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
  playground({ data, preset = 0 }) {
    const { size: n, values, presets } = playground.readPlayground(data);
    const { size: k, weight } = presets[preset];
    const gains = spectrum.response(weight, k, n);
    const output = playground.correlateWrapped(values, n, weight, k);
    return {
      presets, output, x: spectrum.spectrum(values, n), y: spectrum.spectrum(output, n), h: gains,
      magnitude: spectrum.magnitude(spectrum.spectrum(values, n)),
      sum: total(weight), best: spectrum.largestGain(gains.gain, n),
    };
  },
  playgroundCall: ({ name, arguments: given }) => playground[name](...given),
  waveAt: ({ row, column, n }) => spectrum.waveAt(row, column, n),
  typedNumber: ({ text, most }) => typedNumber(text, most),
  total: ({ values }) => total(values),
  stepper({ data, row = 0, column = 0 }) {
    const scene = stepper.readStepper(data);
    return { ...stepper.correlate(scene), one: stepper.explain(scene, row, column), reads: stepper.coverage(scene), at: scene.at };
  },
  stepperCall: ({ name, data, arguments: given }) => stepper[name](...(data ? [stepper.readStepper(data)] : []), ...given),
  explorer({ data, shifts }) {
    const input = explorer.readExplorer(data);
    return shifts.map(([down, right]) => explorer.compare(input, input.kernels[input.kernel], input.padding, input.stride, down, right));
  },
  explorerCall: ({ name, arguments: given }) => explorer[name](...given),
  toeplitz({ data }) {
    const layer = toeplitz.readToeplitz(data);
    const weights = toeplitz.matrix(layer);
    return { free: layer.free, weights, y: toeplitz.apply(weights, layer.input), count: toeplitz.count(layer) };
  },
  laboratory({ data, picture, wave, lines }) {
    const net = laboratory.readLaboratory(data);
    const values = lines ? linePicture.drawLines(net.size, lines) : Float64Array.from(picture);
    const factor = laboratory.waveFactor({ ...net.start.wave, ...wave }, net.size);
    const input = values.map((value, at) => value * factor[at]);
    return { values, factor, input, ...laboratory.forward(net, input), direction: laboratory.lineDirection(values, net.size) };
  },
  laboratoryRead: ({ data }) => laboratory.readLaboratory(data),
  laboratorySearch: ({ data, picture, wave }) => laboratory.search(laboratory.readLaboratory(data), Float64Array.from(picture), wave),
  laboratoryCall: ({ name, arguments: given }) => laboratory[name](...given),
  linePicture: ({ name, arguments: given }) => linePicture[name](...given),
  lineSheet({ size, strokes, values, background }) {
    const sheet = linePicture.createSheet(size);
    for (const { ink = 1, points = [], thickness = 1, act = "" } of strokes) {
      if (act) sheet[act]();
      else {
        sheet.begin(ink);
        points.forEach((to, i) => sheet.move(points[Math.max(0, i - 1)], to, thickness));
        sheet.end();
      }
    }
    return { picture: sheet.over(Float64Array.from(values), background), undo: sheet.canUndo(), blank: sheet.isBlank() };
  },
  areaMeans: ({ rgba, side, n }) => areaMeans(side, n, (first, count) => rgba.slice(4 * first * side, 4 * (first + count) * side)),
  tapAt: ({ data, row, column }) => toeplitz.tapAt(toeplitz.readToeplitz(data), row, column),
  colors: ({ name, dark }) => colorTable(name, dark),
  inks: ({ name, dark, values }) => values.map((value) => readableInk(colorTable(name, dark), value, 0, 1)),
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
