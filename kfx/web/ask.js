// @ts-check
// Questions to the kernel and their answers, by custom messages with buffers.

import { isKernelGone, KERNEL_GONE } from "./live.js";
import { make } from "./ui.js";

const ANSWER_WITHIN_MS = 1000;

/**
 * @param {Pick<import("./live.js").WidgetModel, "on" | "off"> & {send: (content: any) => void}} model
 * @param {{onWait?: (waiting: boolean, silent: boolean) => void, inOrder?: boolean, isGone?: () => boolean,
 *   onGone?: () => void, onQueued?: (text: string) => void}} [options]
 *   `onWait` is called when a question waits, and again when it has waited for a second; `inOrder`: an answer also
 *   settles, with null, the questions before it; `isGone`: whether the kernel is gone, so that no answer can come;
 *   `onGone` is called when that happens; `onQueued` when the kernel says that a question waits, and why: then its
 *   answer may take long
 */
export function mountAsking(model, options = {}) {
  const { onWait = () => {}, inOrder = false, isGone, onGone = () => {}, onQueued = () => {} } = options;
  let last = Math.floor(Math.random() * 1e9); // two views of one widget receive each other's answers
  /** @type {Map<number, {resolve: (answer: any) => void, timer: any}>} */
  const open = new Map();
  /** @param {any} content @param {DataView[]} buffers */
  function hear(content, buffers) {
    const queued = open.get(content?.queued);
    if (queued) {
      clearTimeout(queued.timer);
      onQueued(content.text);
      return;
    }
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
  function tooLong() {
    if (isGone?.()) notice();
    else onWait(true, true);
  }
  /** Answer what is open when the kernel is gone: ipywidgets has noted it by then. */
  function notice() {
    if (!isGone?.()) return;
    for (const { resolve, timer } of open.values()) {
      clearTimeout(timer);
      resolve({ error: KERNEL_GONE, buffers: [] });
    }
    open.clear();
    onWait(false, false);
    onGone();
  }
  const noticeSoon = () => setTimeout(notice, 0);
  model.on("msg:custom", hear);
  if (isGone) model.on("comm_live_update", noticeSoon);
  return {
    /**
     * @param {any} question
     * @returns {Promise<any>} its facts and `buffers`; never rejected: a refusal is an `error` in it
     */
    ask(question) {
      if (isGone?.()) return Promise.resolve({ error: KERNEL_GONE, buffers: [] });
      const number = ++last;
      return new Promise((resolve) => {
        open.set(number, { resolve, timer: setTimeout(tooLong, ANSWER_WITHIN_MS) });
        onWait(true, false);
        model.send({ ask: number, ...question });
      });
    },
    destroy() {
      model.off("msg:custom", hear);
      if (isGone) model.off("comm_live_update", noticeSoon);
      for (const { timer } of open.values()) clearTimeout(timer);
      open.clear();
    },
  };
}

/**
 * Ask with a line that says what it waits for, and that the kernel is gone when it is.
 * @param {Parameters<typeof mountAsking>[0]} model
 * @param {Element} host the view's own element
 * @param {{busy?: () => Element, words?: string}} [options] `busy` is what `aria-busy` is set on;
 *   `words` are said while an answer takes long
 */
export function mountAskingAloud(model, host, { busy, words = "waiting for the kernel …" } = {}) {
  const status = make("span", { class: "kfx-label", role: "status" });
  const asking = mountAsking(model, {
    onWait: (waiting, silent) => {
      busy?.().setAttribute("aria-busy", String(waiting));
      status.textContent = silent ? words : "";
    },
    isGone: () => isKernelGone(host),
    onGone: () => { status.textContent = KERNEL_GONE; },
  });
  return { ...asking, status };
}
