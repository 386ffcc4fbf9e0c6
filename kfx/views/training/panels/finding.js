// @ts-check
// The finding of a run: where values stopped being finite, or the error that ended it.
import { make } from "../../../web/ui.js";

/** One sentence, hidden while there is none. */
export function findingPanel() {
  const node = make("div", { class: "kfx-finding", role: "alert" });
  return {
    node,
    /** @param {{text: string}} data */
    update({ text }) {
      node.textContent = text;
      node.hidden = !text;
    },
  };
}
