import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  curveLogTicks, curveNearest, curvePath, curvePlace, curveSmooth, curveSpan, curveTicks, curveTickWords,
  curveValue, cutCurves, spreadWords,
} from "../../../kfx/views/training/js/curves.js";
import { stripGround } from "../../../kfx/views/training/panels/layers.js";
import { commandLine } from "../../../kfx/views/training/widget.js";
import { rateText, readRate } from "../../../kfx/views/training/panels/controls.js";

test("bytes are cut as Python laid them out, also when they do not begin at a multiple of four", () => {
  const numbers = Float32Array.from([1, 2, 10, 20, 9, 19, 11, 21, 5, 50, 6, 60, 7, 70]);
  const bytes = new Uint8Array(numbers.byteLength + 3);
  bytes.set(new Uint8Array(numbers.buffer), 3);
  const view = new DataView(bytes.buffer, 3);
  const [a, b] = cutCurves([{ sizes: [2, 1, 1] }, { sizes: [0, 0, 1] }], view);
  assert.deepEqual([...a.batches.x, ...a.batches.y, ...a.batches.low, ...a.batches.high], [1, 2, 10, 20, 9, 19, 11, 21]);
  assert.deepEqual([...a.train.x, ...a.train.y, ...a.val.x, ...a.val.y], [5, 50, 6, 60]);
  assert.deepEqual([...b.val.x, ...b.val.y], [7, 70]);
  assert.equal(cutCurves([{ sizes: [0, 0, 0] }], null)[0].batches.x.length, 0);
  for (const bare of [numbers.buffer, new Uint8Array(numbers.buffer)]) // as front ends that are no JupyterLab may hand them over
    assert.deepEqual([...cutCurves([{ sizes: [2, 1, 1] }], bare)[0].val.y], [60]);
});

test("ticks are round, rising and within both ends", () => {
  assert.deepEqual(curveTicks(0, 1), [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  assert.deepEqual(curveTicks(0, 12, 4), [0, 5, 10]);
  assert.deepEqual(curveTicks(3, 3), [3]);
  assert.deepEqual(curveTicks(NaN, 1), []);
});

test("a logarithmic axis has powers of ten, and 2 and 5 where there are few", () => {
  assert.deepEqual(curveLogTicks(1, 12), [1, 2, 5, 10]);
  assert.deepEqual(curveLogTicks(1e-4, 1).map(Math.log10).map(Math.round), [-4, -3, -2, -1, 0]);
});

test("smoothing is the corrected exponential mean and skips what is missing", () => {
  assert.deepEqual([...curveSmooth([4, 4, 4], 0.9)].map((v) => +v.toFixed(9)), [4, 4, 4]);
  assert.deepEqual([...curveSmooth([1, 5], 0)], [1, 5]);
  const [a, b] = curveSmooth([1, 3], 0.5); // (0.25 · 1 + 0.5 · 3) / 0.75
  assert.equal(a, 1);
  assert.equal(+b.toFixed(6), 2.333333);
  assert.deepEqual([...curveSmooth([2, NaN, 2], 0.9)].map((v) => +v.toFixed(9)), [2, 2, 2]);
});

test("one spike does not squeeze the rest, but a whole line is always shown", () => {
  const noisy = Array.from({ length: 100 }, (_, i) => (i === 3 ? 1e6 : 1));
  const [, high] = curveSpan([[1, 2]], noisy);
  assert.equal(high, 2);
  assert.deepEqual(curveSpan([], []), [0, 1]);
  assert.deepEqual(curveSpan([[5, 5]], [], false), [4.5, 5.5]);
  assert.equal(curveSpan([[0, -1, 0.01, 10]], [], true)[0], 0.01);
});

test("a path is broken where a value is missing", () => {
  const same = (v) => v;
  assert.equal(curvePath([0, 1, 2, 3], [1, NaN, 2, 3], same, same), "M0.0 1.0M2.0 2.0L3.0 3.0");
});

test("the nearest point is found among rising ones", () => {
  assert.equal(curveNearest([0, 1, 5, 9], 3.1), 2);
  assert.equal(curveNearest([0, 1, 5, 9], -4), 0);
  assert.equal(curveNearest([0, 1, 5, 9], 99), 3);
  assert.equal(curveNearest([], 1), -1);
});

test("words at the ends of lines are pushed apart and stay above the axis", () => {
  assert.deepEqual(spreadWords([10, 12], 14, 100), [10, 24]);
  assert.deepEqual(spreadWords([12, 10], 14, 100), [24, 10]);
  assert.deepEqual(spreadWords([99, 100], 14, 100), [86, 100]);
});

test("values and places are short", () => {
  assert.deepEqual([0.4721, 12.34, 4210.7, 0.0000314, 0, NaN].map(curveValue), ["0.472", "12.3", "4,211", "3.1e−5", "0.00", "?"]);
  assert.deepEqual([curvePlace(7, "epoch"), curvePlace(7.256, "epoch"), curvePlace(1234, "step")], ["epoch 7", "epoch 7.26", "step 1,234"]);
});

test("a learning rate is read as people type it, and nothing else is", () => {
  assert.deepEqual(["3e-4", " 0.001 ", "1E−3", "0,01"].map(readRate), [3e-4, 1e-3, 1e-3, 0.01]);
  for (const text of ["", "abc", "0", "-1", "Infinity", "1e999", "3e-4; drop"]) assert.equal(readRate(text), null, text);
  assert.deepEqual([3e-4, 2.5e-4, 0.05, 1].map(rateText), ["3e-4", "2.5e-4", "0.05", "1"]);
});

test("a strip's digits become the theme's own colours and nothing else gets in", () => {
  assert.equal(stripGround("06."), "linear-gradient(90deg,var(--kfx-s0) 0.00% 33.33%,var(--kfx-s6) 33.33% 66.67%,transparent 66.67% 100.00%)");
  assert.ok(!stripGround("9);x").includes("x"));
  assert.equal(stripGround(""), "none");
});

test("an answer settles what was asked before it, and silence is said", async () => {
  const sent = [], heard = [];
  let hear = () => {};
  const model = { send: (message) => sent.push(message), on: (_, listener) => { hear = listener; }, off: () => {} };
  const line = commandLine(model, (text, kind) => heard.push([text, kind]));
  line.ask("rate", 0.1);
  line.ask("rate", 0.2);
  hear({ answer: sent[1].ask, text: "rate 0.2", done: true });
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(sent.map(({ kind, value }) => [kind, value]), [["rate", 0.1], ["rate", 0.2]]);
  assert.equal(sent[1].ask, sent[0].ask + 1);
  assert.equal(heard.length, 1);
  assert.match(heard[0][0], /^rate 0\.2, after \d+ ms$/);
  line.ask("stop");
  await new Promise((done) => setTimeout(done, 1100));
  assert.deepEqual(heard.slice(1), [["no answer from the kernel", "silent"]]);
  hear({ answer: sent[2].ask, text: "already stopping", done: false });
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(heard[2], ["already stopping", "refused"]);
  line.destroy();
});

test("numbers on an axis are short, and no two are alike", () => {
  assert.deepEqual(curveTickWords([0, 0.5, 1], 1), ["0", "0.5", "1"]);
  assert.deepEqual(curveTickWords([2.3101, 2.3102, 2.3103], 2.3103), ["2.3101", "2.3102", "2.3103"]);
  assert.deepEqual(curveTickWords([1.1e19, 1.2e19], 1.2e19), ["1.1e19", "1.2e19"]);
  assert.deepEqual(curveTickWords([-0.5, 0], 0), ["−0.5", "0"]);
  assert.deepEqual(curveTickWords([5, 5], 5), ["5", "5"]);
});
