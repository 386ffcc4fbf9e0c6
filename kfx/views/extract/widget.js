// @ts-check
// A data set's values on their way to disk: one bar, one line.
import { alive } from "../../web/live.js";
import { make } from "../../web/ui.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el);
  el.classList.add("kfx", "kfx-streaming");
  const name = make("span", { class: "kfx-stream-name" });
  const fill = make("i", {});
  const bar = make("div", { class: "kfx-stream-bar", role: "progressbar", "aria-label": "Written", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  const line = make("span", { class: "kfx-label kfx-stream-words" });
  el.append(name, bar, line);
  const draw = () => {
    const now = model.get("state");
    const known = typeof now.share === "number";
    name.textContent = now.name || "";
    name.title = now.name || "";
    line.textContent = (now.words || []).join(" · ");
    fill.style.width = known ? `${100 * now.share}%` : "";
    bar.classList.toggle("kfx-endless", !known && now.phase === "running");
    bar.classList.toggle("kfx-stopped", now.phase === "stopped");
    if (known) bar.setAttribute("aria-valuenow", String(Math.round(100 * now.share)));
    else bar.removeAttribute("aria-valuenow");
    bar.setAttribute("aria-valuetext", line.textContent);
  };
  model.on("change:state", draw);
  draw();
  return () => {
    model.off("change:state", draw);
    el.replaceChildren();
    el.classList.remove("kfx", "kfx-streaming");
    unlive();
  };
}

export default { render };
