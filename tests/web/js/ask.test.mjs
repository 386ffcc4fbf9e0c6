// Questions and answers over a model of the tests' own.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { mountAsking } from "../../../kfx/web/ask.js";

function fakeModel() {
  const sent = [];
  let hear = null;
  return { sent, send: (content) => sent.push(content), on: (_, f) => { hear = f; }, off: () => { hear = null; }, answer: (content, buffers) => hear?.(content, buffers), get listening() { return hear !== null; } };
}

test("each question gets its own answer, in whatever order they come", async () => {
  const model = fakeModel();
  const asking = mountAsking(model);
  const [first, second] = [asking.ask({ what: "a" }), asking.ask({ what: "b" })];
  model.answer({ answer: model.sent[1].ask, said: "two" }, ["bytes"]);
  model.answer({ answer: model.sent[0].ask, said: "one" });
  assert.deepEqual([(await first).said, (await second).said], ["one", "two"]);
  assert.deepEqual((await second).buffers, ["bytes"]);
  asking.destroy();
});

test("another view's answers and other messages are not heard", () => {
  const model = fakeModel();
  const asking = mountAsking(model);
  asking.ask({ what: "a" });
  model.answer({ answer: -1 });
  model.answer(null);
  model.answer({ something: "else" });
  asking.destroy();
  assert.equal(model.listening, false);
});

test("after a second without an answer that is said, and taken back", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const model = fakeModel();
  const heard = [];
  const asking = mountAsking(model, { onWait: (waiting, silent) => heard.push([waiting, silent]) });
  const answer = asking.ask({ what: "a" });
  mock.timers.tick(999);
  assert.deepEqual(heard, [[true, false]]);
  mock.timers.tick(1);
  assert.deepEqual(heard.at(-1), [true, true]);
  model.answer({ answer: model.sent[0].ask });
  await answer;
  assert.deepEqual(heard.at(-1), [false, false]);
  mock.timers.reset();
});

test("in order, an answer settles the questions before it as well", async () => {
  const model = fakeModel();
  const asking = mountAsking(model, { inOrder: true });
  const [first, second, third] = [asking.ask({ what: "a" }), asking.ask({ what: "b" }), asking.ask({ what: "c" })];
  model.answer({ answer: model.sent[1].ask, said: "two" });
  assert.equal(await first, null);
  assert.equal((await second).said, "two");
  model.answer({ answer: model.sent[2].ask, said: "three" });
  assert.equal((await third).said, "three");
  asking.destroy();
});

test("a kernel that is gone is said at once, for open questions and for later ones", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const listeners = {};
  const sent = [];
  const model = { send: (content) => sent.push(content), on: (name, f) => { listeners[name] = f; }, off: (name) => { delete listeners[name]; } };
  const said = [];
  let gone = false;
  const asking = mountAsking(model, { isGone: () => gone, onGone: () => said.push("gone"), onWait: (waiting, silent) => said.push([waiting, silent]) });
  const open = asking.ask({ what: "a" });
  listeners.comm_live_update(); // as when a view gets its kernel
  mock.timers.tick(0);
  assert.deepEqual(said, [[true, false]]);
  gone = true;
  listeners.comm_live_update();
  mock.timers.tick(0);
  assert.match((await open).error, /kernel .* is gone: run the cell again/);
  assert.match((await asking.ask({ what: "b" })).error, /run the cell again/);
  assert.deepEqual([sent.length, said], [1, [[true, false], [false, false], "gone"]]);
  asking.destroy();
  assert.deepEqual(listeners, {});
  mock.timers.reset();
});

test("a question that nobody answers finds out after a second that the kernel is gone", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let gone = false;
  const model = { send: () => {}, on: () => {}, off: () => {} };
  const asking = mountAsking(model, { isGone: () => gone });
  const open = asking.ask({ what: "a" });
  gone = true;
  mock.timers.tick(1000);
  assert.match((await open).error, /run the cell again/);
  mock.timers.reset();
});
