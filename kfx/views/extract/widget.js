// @ts-check
// The progress of an extraction to disk: one bar, one line.
import { alive, onTraits } from "../../web/live.js";
import { make } from "../../web/ui.js";

/** @typedef {"running" | "done" | "stopped"} Phase */
/** @typedef {{name: string, share: number | null, words: string[], phase: Phase}} ProgressState */

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el);
  el.classList.add("kfx", "kfx-streaming");
  const name = make("span", { class: "kfx-stream-name" });
  const fill = make("i", {});
  const values = { "aria-label": "Written", "aria-valuemin": 0, "aria-valuemax": 100 };
  const bar = make("div", { class: "kfx-stream-bar", role: "progressbar", ...values }, fill);
  const line = make("span", { class: "kfx-label kfx-stream-words" });
  el.append(name, bar, line);
  const draw = () => {
    const now = /** @type {ProgressState} */ (model.get("state"));
    name.textContent = name.title = now.name || "";
    line.textContent = (now.words || []).join(" · ");
    fill.style.width = typeof now.share === "number" ? `${100 * now.share}%` : "";
    bar.classList.toggle("kfx-endless", typeof now.share !== "number" && now.phase === "running");
    bar.classList.toggle("kfx-stopped", now.phase === "stopped");
    if (typeof now.share === "number") bar.setAttribute("aria-valuenow", String(Math.round(100 * now.share)));
    else bar.removeAttribute("aria-valuenow");
    bar.setAttribute("aria-valuetext", line.textContent);
  };
  const stop = onTraits(model, { state: draw });
  draw();
  return () => {
    stop();
    el.replaceChildren();
    el.classList.remove("kfx", "kfx-streaming");
    unlive();
  };
}

export default { render };
