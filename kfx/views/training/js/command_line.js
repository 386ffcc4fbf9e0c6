// @ts-check
// Commands to the run and what became of them.
import { mountAsking } from "../../../web/ask.js";

/**
 * Send commands to the run and say what became of them.
 * @param {any} model @param {(text: string, kind: "answer"|"refused"|"silent") => void} say
 */
export function commandLine(model, say) {
  const asking = mountAsking(model, {
    inOrder: true, // of several rates that a drag sends Python answers the last one
    onWait: (_, silent) => {
      if (silent) say("no answer from the kernel", "silent");
    },
  });
  return {
    /** @param {string} kind @param {number|null} [value] */
    async ask(kind, value = null) {
      const began = performance.now();
      const answer = await asking.ask({ kind, value, sent: Date.now() });
      if (!answer) return;
      const took = answer.done ? `, after ${Math.round(performance.now() - began)} ms` : "";
      say(answer.text + took, answer.done ? "answer" : "refused");
    },
    destroy: asking.destroy,
  };
}
