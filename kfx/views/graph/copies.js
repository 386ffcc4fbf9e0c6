// @ts-check
// Step through the equal copies of an unfolded line: which one is shown, or all.
import { button, make } from "../../web/ui.js";

/**
 * @param {{openLine: () => null | {line: string, count: number, shown: number|"all"|null},
 *   unfoldAll: (more: string[]) => void}} unfolding
 */
export function mountCopies(unfolding) {
  const words = make("span", { class: "kfx-label" });
  /** @param {(line: {line: string, count: number, shown: number}) => string|number} entryOf */
  const go = (entryOf) => () => {
    const line = unfolding.openLine();
    if (!line) return;
    const shown = typeof line.shown === "number" ? line.shown : 0;
    unfolding.unfoldAll([line.line, `${line.line}#${entryOf({ ...line, shown })}`]);
  };
  const back = go(({ shown, count }) => ((shown + count - 1) % count) + 1);
  const before = button("‹", back, { "aria-label": "Copy before" });
  const after = button("›", go(({ shown, count }) => ((shown + 1) % count) + 1), { "aria-label": "Next copy" });
  const all = button("", () => go(() => (unfolding.openLine()?.shown === "all" ? 1 : "all"))());
  const node = make("span", { class: "kfx-copies kfx-zoom", hidden: true }, before, words, after, all);
  return {
    node,
    /** Bring it up to date with the drawing. */
    update() {
      const line = unfolding.openLine();
      node.hidden = !line;
      if (!line) return;
      const every = line.shown === "all";
      words.textContent = every ? `all ${line.count}` : `${Number(line.shown) + 1} of ${line.count} equal`;
      all.textContent = every ? "Show one" : `Show all ${line.count}`;
      before.hidden = after.hidden = every;
    },
  };
}
