// @ts-check
// The finding of a run: where values stopped being finite, or the error that ended it.
import { button, make } from "../../../web/ui.js";

/** One sentence, hidden while there is none, and the way back to finite values. @param {any} ask */
export function findingPanel(ask) {
  const said = make("span", { role: "alert" });
  const back = button("", () => ask("rewind", Number(back.dataset.number)), { class: "kfx-btn kfx-way-back" });
  const node = make("div", { class: "kfx-finding" }, said, back);
  return {
    node,
    /** @param {{text: string, back?: [number, string]|null}} data */
    update({ text, back: kept }) {
      if (said.textContent !== text) said.textContent = text;
      node.hidden = !text;
      back.hidden = !kept;
      if (!kept) return;
      back.dataset.number = String(kept[0]);
      back.textContent = `Rewind to ${kept[1]}`;
    },
  };
}
