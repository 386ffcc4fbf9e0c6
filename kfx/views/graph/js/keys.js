// @ts-check
// What the keys do in a drawing.

/**
 * @typedef {object} PlotActs
 * @property {() => void} open what Enter does: unfold, or choose
 * @property {() => void} choose @property {() => void} close fold what is around @property {() => void} find
 * @property {() => void} fit @property {(factor: number) => void} zoom
 * @property {() => void} first @property {() => void} last @property {(arrow: string) => void} walk along a line
 * @property {() => void} leave give up what is chosen, then the focus
 */

/** The act of a key; undefined for a key that does nothing here. @param {string} key @param {PlotActs} acts @returns {(() => void)|undefined} */
export function actOf(key, acts) {
  if (key.startsWith("Arrow")) return () => acts.walk(key);
  const known = /** @type {Record<string, () => void>} */ ({
    Enter: acts.open,
    " ": acts.choose,
    Backspace: acts.close,
    "/": acts.find,
    f: acts.fit,
    "+": () => acts.zoom(1.25),
    "-": () => acts.zoom(0.8),
    Home: acts.first,
    End: acts.last,
    Escape: acts.leave,
  });
  return Object.hasOwn(known, key) ? known[key] : undefined;
}

/** Do what a key does, and keep the notebook's own shortcuts out; chords are left to the page. @param {KeyboardEvent} event @param {PlotActs} acts */
export function answerKey(event, acts) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = actOf(event.key, acts);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}
