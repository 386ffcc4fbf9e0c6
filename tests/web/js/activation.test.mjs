// Values as colours, and steps through a grid, by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  arrayOf, barUnits, cellUnder, colourLevel, farthest, fillPixels, gridStep, jointScale, labelsApart, layersFound, levelTable, ownScale, rampOf, wholeRows,
} from "../../../kfx/views/inspector/js/values.js";

test("a buffer is read wherever it begins", () => {
  const bytes = new Uint8Array(11);
  bytes.set(new Uint8Array(new Float32Array([1.5, -2]).buffer), 3);
  assert.deepEqual([...arrayOf(new DataView(bytes.buffer, 3, 8), "f4")], [1.5, -2]);
  assert.deepEqual([...arrayOf(new Int32Array([7, 1]).buffer, "i4")], [7, 1]);
});

test("a value's colour is its place on the scale", () => {
  assert.deepEqual([0, 1, 2, -5, 9].map((value) => colourLevel(value, 0, 2)), [0, 127, 254, 0, 254]);
  assert.deepEqual([NaN, Infinity, -Infinity].map((value) => colourLevel(value, 0, 2)), [255, 255, 255]);
  assert.equal(colourLevel(0, -3, 3), 127, "zero is the middle of a signed scale");
  assert.deepEqual([0, 1].map((value) => colourLevel(value, 0, 0)), [0, 254]);
});

test("a map's own bytes become the colours of another scale", () => {
  const table = levelTable(0, 10, 0, 20);
  assert.deepEqual([table[0], table[127], table[254], table[255]], [0, 64, 127, 255]);
});

test("pixels are filled from a ramp", () => {
  const ramp = new Uint8Array(768);
  ramp.set([1, 2, 3], 0);
  ramp.set([7, 8, 9], 3 * 254);
  const pixels = new Uint8ClampedArray(8);
  fillPixels(pixels, (i) => [254, 0][i], ramp);
  assert.deepEqual([...pixels], [7, 8, 9, 255, 1, 2, 3, 255]);
});

test("there are four ramps", () => {
  const ramps = Uint8Array.from({ length: 4 * 768 }, (_, i) => Math.floor(i / 768));
  assert.deepEqual([[false, false], [true, false], [true, true], [false, true]].map(([signed, dark]) => rampOf(ramps, signed, dark)[0]), [0, 1, 2, 3]);
});

test("two layers of values share a scale that holds both", () => {
  const a = { low: 0, high: 4, signed: false, clipped: false };
  assert.deepEqual(jointScale([a, { low: 0, high: 9, signed: false, clipped: false }]), { low: 0, high: 9, signed: false, clipped: true });
  assert.equal(jointScale([a, { low: -2, high: 2, signed: true, clipped: false }]).low, -4);
  assert.deepEqual(ownScale(-3, 2, true), { low: -3, high: 3, signed: true, clipped: false });
  assert.deepEqual([ownScale(0, 0, false).high, ownScale(1, 5, false).low], [1, 0]);
});

test("a point leads to the cell beneath it, also on the very edge", () => {
  const box = { width: 100, height: 50 };
  assert.deepEqual(cellUnder(49.9, 10, box, 5, 10), { row: 1, column: 4 });
  assert.deepEqual(cellUnder(100, 50, box, 5, 10), { row: 4, column: 9 });
  assert.deepEqual(cellUnder(-3, -1, box, 5, 10), { row: 0, column: 0 });
});

test("arrow keys stay inside the grid", () => {
  assert.deepEqual(["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Home", "End", "x"].map((key) => gridStep(key, 7, 10, 3)), [8, 6, 7, 4, 0, 9, null]);
});

test("many units share a bar: the one that is farthest from zero", () => {
  assert.deepEqual(barUnits([1, -5, 2, 0, 0, 3], 3), [1, 2, 5]);
  assert.deepEqual(barUnits([4, NaN], 9), [0, 1]);
  assert.deepEqual(farthest([1, -5, 0, NaN], [0, 1, 2, 3], 3), [1, 0]);
});

test("layers are found by every word of their address or type", () => {
  const layers = [{ label: "encoder/conv", type: "Conv2D" }, { label: "dense", type: "Dense" }];
  assert.deepEqual(layersFound(layers, "CONV enc").map((layer) => layer.label), ["encoder/conv"]);
  assert.equal(layersFound(layers, " ").length, 2);
});

test("the last row of maps is full", () => {
  assert.deepEqual([376, 312, 440, 200, 60, 0].map((width) => wholeRows(30, width)), [30, 30, 28, 30, 30, 30]);
  assert.deepEqual([376, 345].map((width) => wholeRows(20, width)), [18, 20]);
  assert.equal(wholeRows(2, 1000), 2, "fewer maps than fit are all shown");
});

test("labels that would cover one another give way to the larger", () => {
  const labels = [{ x: 100, y: 0, letters: 10 }, { x: 120, y: 5, letters: 10 }, { x: 120, y: 90, letters: 10 }, { x: 390, y: 0, letters: 10 }];
  assert.deepEqual(labelsApart(labels, 400), [{ left: 100, top: 0 }, null, { left: 120, top: 90 }, { left: 326, top: 0 }]);
});

test("a label covers no bar: it ends at its own bar's right edge beside a taller one, or is left out", () => {
  const bars = [{ left: 0, right: 30, top: 80, bottom: 100 }, { left: 100, right: 130, top: 40, bottom: 100 }, { left: 140, right: 170, top: 10, bottom: 100 }];
  const label = { x: 100, right: 130, y: 25, letters: 8 };
  assert.deepEqual(labelsApart([label], 300, bars), [{ left: 70, top: 25 }]);
  assert.deepEqual(labelsApart([label], 300, [...bars, { left: 60, right: 90, top: 20, bottom: 100 }]), [null]);
  assert.deepEqual(labelsApart([label], 300), [{ left: 100, top: 25 }], "without neighbours it begins where its bar begins");
});
