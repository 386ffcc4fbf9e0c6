// @ts-check
// The box of a drawing that is selected, the one with the tab stop, and the one that is pointed at.
import { markBoxes, markPaths, sharedWith, tieLines } from "./drawing.js";
import { pathsThrough } from "./walk_keys.js";

export class Selection {
  #selected = "";
  #stop = 0; // number of the box with the tab stop
  #pointed = -1;
  #wanted = ""; // a hidden layer to go to when the next drawing has come

  /**
   * @param {import("./redrawing.js").GraphState} state
   * @param {{stage: any, unfolding: any, hits: {keys: () => string[]}, panel: any, onSelect: (key: string) => void}}
   *   plot `onSelect` is called with the address of a call that the user selects, "" for none
   */
  constructor(state, plot) {
    this.state = state;
    this.plot = plot;
  }

  /** The number of the box with the tab stop. */
  get stop() {
    return this.#stop;
  }

  /** The address of the box with the tab stop. @returns {string} */
  get stopKey() {
    return this.state.drawing.boxes?.[this.#stop] ?? "";
  }

  /** Bring the marks up to date: the selected box, the tab stop, the hits. */
  mark() {
    const { visibleBox } = this.plot.unfolding;
    const selected = this.#selected; // of an unfolded model the frame is selected
    const framed = selected ? this.state.drawing.frames?.indexOf(selected) ?? -1 : -1;
    const chosen = selected && framed < 0 ? visibleBox(selected) : -1;
    markBoxes(this.state, { chosen, framed, stop: this.#stop, found: new Set(this.plot.hits.keys().map(visibleBox)) });
  }

  /** Follow the paths through a box and write its facts; -1 for none. @param {number} i */
  #follow(i) {
    this.#pointed = i;
    const { state, plot: { stage, panel } } = this;
    const keys = state.drawing.boxes ?? [];
    const paths = i >= 0 ? pathsThrough(i, state.drawing.ends) : null;
    stage.svg.classList.toggle("kfx-path", Boolean(paths));
    markPaths(state, i, paths);
    const ties = tieLines(state.places[i], sharedWith(keys, i).map((n) => state.places[n]));
    stage.world.querySelector(".kfx-ties")?.replaceChildren(...ties);
    const key = i >= 0 ? keys[i] : this.#selected;
    panel?.write(state.facts, state.known.get(key), !state.tree.byKey.has(key));
  }

  /** @param {number} i -1 for none */
  pointAt(i) {
    if (i !== this.#pointed || i < 0) this.#follow(i);
  }

  /** @param {number} [i] */
  focus(i = this.#stop, reveal = true) {
    const { boxes, places } = this.state;
    if (!boxes[i]) return;
    this.#stop = i;
    boxes.forEach((box, n) => box.setAttribute("tabindex", n === i ? "0" : "-1"));
    if (reveal) this.plot.stage.reveal(places[i]);
    boxes[i].focus({ preventScroll: true });
  }

  /** The page has moved the focus to a box. @param {number} i @param {boolean} seen by the keys */
  focused(i, seen) {
    this.#stop = i;
    if (seen) this.#follow(i);
  }

  /** Select a call from outside. @param {string} key */
  select(key) {
    if (key === this.#selected) return;
    this.#selected = key;
    const i = this.plot.unfolding.visibleBox(key);
    if (i >= 0) {
      this.#stop = i;
      this.plot.stage.reveal(this.state.places[i]);
    } else {
      const hidden = this.state.tree.byKey.has(key) ? this.plot.unfolding.foldedAround(key) : [];
      if (hidden.length) this.plot.unfolding.unfoldAll(hidden); // it is in a copy that is not shown
    }
    this.mark();
    this.#follow(this.#pointed);
  }

  /** The user selects a box, or takes that back. @param {number} i */
  choose(i) {
    const key = this.state.drawing.boxes[i];
    this.#stop = i;
    this.#selected = this.#selected === key ? "" : key;
    this.mark();
    if (!this.#selected || this.state.tree.byKey.has(this.#selected)) this.plot.onSelect(this.#selected);
  }

  /** A container that the user unfolds is selected too: the views beside this one follow. @param {string} key */
  unfold(key) {
    if (this.#selected !== key && this.state.tree.byKey.has(key)) {
      this.#selected = key;
      this.plot.onSelect(key);
    }
    this.plot.unfolding.setOpen(key, true);
  }

  /** Select a call and show it: what is folded around it unfolds first. @param {string} key */
  goTo(key) {
    const { stage, unfolding, onSelect } = this.plot;
    const closed = unfolding.foldedAround(key);
    if (closed.length) {
      this.#wanted = key;
      unfolding.unfoldAll(closed);
      return;
    }
    const i = unfolding.visibleBox(key);
    if (i < 0) return;
    this.#stop = i;
    this.#selected = key;
    stage.reveal(this.state.places[i], 90);
    this.mark();
    this.#follow(i);
    onSelect(key);
  }

  /** Give up the selection, or else the focus. */
  leave() {
    if (!this.#selected) return this.plot.stage.svg.getRootNode().activeElement?.blur();
    this.#selected = "";
    this.mark();
    this.#follow(this.#pointed);
    return this.plot.onSelect("");
  }

  /** A new drawing is on the stage. @param {number} i the box to begin at, -1 for the first */
  restart(i) {
    this.#pointed = -1;
    this.#stop = Math.max(0, i);
  }

  /** Go to the layer that this drawing was requested for, or give the focus back. @param {boolean} hadFocus */
  resume(hadFocus) {
    if (this.#wanted && this.plot.unfolding.visibleBox(this.#wanted) >= 0) this.goTo(this.#wanted);
    else if (hadFocus) this.focus();
    this.#wanted = "";
  }

  /** Forget a selected call that the graph no longer holds. */
  forgetUnknown() {
    if (!this.state.known.has(this.#selected)) this.#selected = "";
  }
}
