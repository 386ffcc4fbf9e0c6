// @ts-check
// Questions to the kernel and their answers, by custom messages with buffers.

const ANSWER_WITHIN_MS = 1000;

/**
 * @param {Pick<import("./live.js").WidgetModel, "on" | "off"> & {send: (content: any) => void}} model
 * @param {{onWait?: (waiting: boolean, silent: boolean) => void, inOrder?: boolean}} [options] `onWait` is called when
 *   a question waits, and again when it has waited for a second; `inOrder`: an answer also settles, with null, the
 *   questions before it
 */
export function mountAsking(model, { onWait = () => {}, inOrder = false } = {}) {
  let last = Math.floor(Math.random() * 1e9); // two views of one widget receive each other's answers
  /** @type {Map<number, {resolve: (answer: any) => void, timer: any}>} */
  const open = new Map();
  /** @param {any} content @param {DataView[]} buffers */
  function hear(content, buffers) {
    const number = content?.answer;
    if (!open.has(number)) return;
    const settled = [...open].filter(([other]) => other === number || (inOrder && other < number));
    for (const [other, { timer }] of settled) {
      clearTimeout(timer);
      open.delete(other);
    }
    onWait(open.size > 0, false);
    const answer = { ...content, buffers: buffers ?? [] };
    for (const [other, { resolve }] of settled) resolve(other === number ? answer : null);
  }
  model.on("msg:custom", hear);
  return {
    /**
     * @param {any} question
     * @returns {Promise<any>} its facts and `buffers`; never rejected: a refusal is an `error` in it
     */
    ask(question) {
      const number = ++last;
      return new Promise((resolve) => {
        open.set(number, { resolve, timer: setTimeout(() => onWait(true, true), ANSWER_WITHIN_MS) });
        onWait(true, false);
        model.send({ ask: number, ...question });
      });
    },
    destroy() {
      model.off("msg:custom", hear);
      for (const { timer } of open.values()) clearTimeout(timer);
      open.clear();
    },
  };
}
