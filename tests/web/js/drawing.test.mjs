import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { addMeasures } from "../../../kfx/views/graph/js/colouring.js";
import { edgeTowards, tieLines } from "../../../kfx/views/graph/js/drawing.js";
import { mountHits } from "../../../kfx/views/graph/js/hits.js";
import { plotActs } from "../../../kfx/views/graph/js/keys.js";
import { watchBoxes } from "../../../kfx/views/graph/js/pointer.js";
import { mountUnfolding } from "../../../kfx/views/graph/js/unfolding.js";

/** The calls that a key press leads to; the folded block `a` has the tab stop, `b` follows it, `outer` is around it. */
function pressed(key, chord = {}) {
  const done = [];
  const noting = (...names) => Object.fromEntries(names.map((name) => [name, (...given) => done.push([name, ...given].join(" "))]));
  const places = [0, 100].map((y) => ({ x: 0, y, w: 80, h: 38 }));
  const state = { boxes: [{}, {}], places, folding: { around: { a: "outer" } }, drawing: { boxes: ["a", "b"], ends: [[0, 1]], flow: "TB" } };
  const acts = plotActs(state, {
    stage: noting("fit", "zoom"),
    unfolding: { isFolded: (box) => box === "a", ...noting("setOpen") },
    selection: { stop: 0, stopKey: "a", ...noting("unfold", "choose", "focus", "leave") },
    finder: { input: { focus: () => done.push("find") } },
  });
  acts.keydown({ key, ...noting("preventDefault", "stopPropagation"), ...chord });
  return done;
}

test("every key of a drawing has its act and is kept from the notebook", () => {
  const acts = {
    Enter: "unfold a", " ": "choose 0", Backspace: "setOpen outer false", "/": "find", f: "fit", "+": "zoom 1.25", "-": "zoom 0.8",
    Home: "focus 0", End: "focus 1", ArrowDown: "focus 1", ArrowLeft: "focus 0", Escape: "leave",
  };
  for (const [key, act] of Object.entries(acts)) assert.deepEqual(pressed(key), ["preventDefault", "stopPropagation", act], key);
});

test("other keys and chords are left to the page", () => {
  for (const key of ["a", "Tab", "constructor", "toString"]) assert.deepEqual(pressed(key), [], key);
  for (const chord of ["ctrlKey", "metaKey", "altKey"]) assert.deepEqual(pressed("f", { [chord]: true }), [], chord);
});

test("the first step back from a search goes to the last hit", () => {
  const gone = [];
  const hits = mountHits({ found: () => ["a", "b", "c"], say: () => {}, onHits: () => {}, onStep: (key) => gone.push(key) });
  hits.find("any");
  for (const by of [-1, -1, 1, 1]) hits.step(by);
  assert.deepEqual(gone, ["c", "b", "c", "a"]);
});

test("hits are gone through in both directions and around", () => {
  const said = [];
  const gone = [];
  const hits = mountHits({ found: (text) => ["a1", "a2", "b"].filter((key) => key.includes(text.trim())), say: (words) => said.push(words), onHits: (text) => said.push(`[${text}]`), onStep: (key) => gone.push(key) });
  hits.find(" a ");
  assert.deepEqual(hits.keys(), ["a1", "a2"]);
  for (const by of [1, 1, 1, -1]) hits.step(by);
  assert.deepEqual(gone, ["a1", "a2", "a1", "a2"]);
  hits.find("zzz");
  hits.step(1);
  assert.equal(gone.length, 4, "there is none to go to");
  hits.find(" ");
  assert.deepEqual(said, ["2 found", "[a]", "1 of 2", "2 of 2", "1 of 2", "2 of 2", "nothing found", "[zzz]", "", "[]"]);
});

/** As much of a drawing as is listened to: two boxes by their numbers, and ground. */
function drawing() {
  const listeners = {};
  const box = (n) => ({ closest: () => box(n), getAttribute: () => String(n), matches: () => n === 1 });
  const ground = { closest: () => null };
  const svg = { addEventListener: (name, listener) => { listeners[name] = listener; }, removeEventListener: (name) => { delete listeners[name]; }, contains: (other) => other !== null };
  return { svg, listeners, box, ground };
}

test("a box is pointed at by a pointer that moves, not by one that rests while the drawing moves", () => {
  const { svg, listeners, box, ground } = drawing();
  const heard = [];
  const stop = watchBoxes(svg, { onBox: (n) => heard.push(n), onLeave: () => heard.push("leave"), onFocus: (n, seen) => heard.push(`focus ${n} ${seen}`) });
  listeners.pointermove({ screenX: 5, screenY: 5, target: box(0) });
  listeners.pointermove({ screenX: 5, screenY: 5, target: box(1) });
  listeners.pointermove({ screenX: 6, screenY: 5, target: ground });
  listeners.pointermove({ screenX: 7, screenY: 5, target: box(1) });
  assert.deepEqual(heard.splice(0), [0, 1]);
  listeners.pointerout({ pointerType: "mouse", screenX: 7, screenY: 5, relatedTarget: null });
  assert.deepEqual(heard.splice(0), [], "it rests");
  listeners.pointerout({ pointerType: "mouse", screenX: 8, screenY: 5, relatedTarget: box(0) });
  assert.deepEqual(heard.splice(0), [], "it goes to another box");
  listeners.pointerout({ pointerType: "mouse", screenX: 8, screenY: 5, relatedTarget: ground });
  listeners.pointerout({ pointerType: "touch", screenX: 7, screenY: 5, relatedTarget: null });
  assert.deepEqual(heard.splice(0), ["leave", "leave"]);
  listeners.focusin({ target: box(0) });
  listeners.focusin({ target: box(1) });
  listeners.focusout({ relatedTarget: null });
  assert.deepEqual(heard, ["focus 0 false", "focus 1 true", "leave"]);
  stop();
  assert.deepEqual(Object.keys(listeners), []);
});

/** A model `outer` around `inner`, all folded; what is asked for is shown at once. */
function nested() {
  const folding = { containers: ["outer", "outer/inner"], around: { outer: null, "outer/inner": "outer", "outer/inner/x": "outer/inner" } };
  const now = { folding, drawing: { boxes: ["outer"], frames: [], open: [] }, places: [{ x: 10, y: 20, w: 40, h: 30 }], framePlaces: [] };
  const asked = [];
  const looks = [];
  const attributes = new Map();
  const host = { setAttribute: (name, value) => attributes.set(name, value), removeAttribute: (name) => attributes.delete(name) };
  const stage = { camera: { k: 2, x: 5, y: 7 }, look: (camera) => looks.push(camera) };
  const unfolding = mountUnfolding({ host, stage, say: () => {}, onUnfold: (open) => asked.push(open), state: now });
  return { now, asked, looks, attributes, unfolding };
}

test("a folded model is asked for unfolded and stays in its place", () => {
  const { now, asked, looks, attributes, unfolding } = nested();
  assert.equal(unfolding.isFolded("outer"), true);
  unfolding.setOpen("outer", true);
  assert.deepEqual(asked, [["outer"]]);
  assert.equal(attributes.get("aria-busy"), "true");
  assert.equal(unfolding.heldKey(), "outer");
  unfolding.finish();
  assert.equal(attributes.has("aria-busy"), false);
  Object.assign(now, { drawing: { boxes: ["outer/inner"], frames: ["outer"], open: ["outer"] }, places: [{ x: 0, y: 0, w: 1, h: 1 }], framePlaces: [{ x: 100, y: 200, w: 60, h: 90 }] });
  unfolding.settle();
  assert.deepEqual(looks, [{ k: 2, x: 5 + 2 * 30 - 2 * 130, y: 7 + 2 * 20 - 2 * 200 }]);
  assert.equal(unfolding.heldKey(), undefined);
  assert.equal(unfolding.isFolded("outer"), false);
});

test("to fold a model folds what is inside it as well", () => {
  const { now, asked, unfolding } = nested();
  now.drawing = { boxes: ["outer/inner/x"], frames: ["outer", "outer/inner"], open: ["outer", "outer/inner"] };
  unfolding.setOpen("outer", false);
  assert.deepEqual(asked, [[]]);
  unfolding.setOpen("outer/inner", false);
  assert.deepEqual(asked[1], ["outer"]);
  unfolding.destroy();
});

test("what is folded around a layer is told, so that it can be gone to", () => {
  const { now, unfolding } = nested();
  assert.deepEqual(unfolding.foldedAround("outer/inner/x").sort(), ["outer", "outer/inner"]);
  now.drawing.open = ["outer"];
  assert.deepEqual(unfolding.foldedAround("outer/inner/x"), ["outer/inner"]);
  assert.deepEqual(unfolding.foldedAround("outer"), []);
});

test("what was measured of calls is also said of the block around them", () => {
  const known = new Map([["a", { key: "a" }], ["b", { key: "b" }]]);
  const block = { key: "block 1" };
  addMeasures({ a: { zeros: 0.5 }, b: { zeros: 0.25 }, gone: { zeros: 1 } }, { known, folding: { blocks: [block, { key: "other" }], around: { a: "block 1", b: "block 1", "block 1": null } }, tree: { calls: [{ key: "a" }, { key: "b" }] } });
  assert.deepEqual([known.get("a").zeros, known.get("b").zeros, block.zeros], [0.5, 0.25, 0.25]);
});

test("a tie leads from edge to edge of the boxes of one layer", () => {
  const from = { x: 0, y: 0, w: 40, h: 20 };
  assert.deepEqual(edgeTowards(from, { x: 120, y: 10 }), { x: 40, y: 10 }, "at its right side");
  assert.deepEqual(edgeTowards(from, { x: 20, y: -90 }), { x: 20, y: 0 }, "at its top");
  assert.deepEqual(edgeTowards(from, { x: 60, y: 50 }), { x: 30, y: 20 }, "aslant at its foot");
  assert.deepEqual(edgeTowards(from, { x: 20, y: 10 }), { x: 20, y: 10 }, "to itself");
  const [line] = tieLines(from, [{ x: 100, y: 0, w: 40, h: 20 }]);
  assert.equal(line.getAttribute("d"), "M40 10L100 10");
});
