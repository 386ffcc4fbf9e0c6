// @ts-check
// The switch that silences the chosen channel, and the prediction without it.
import { make } from "../../../web/ui.js";

export class Silence {
  predicted = /** @type {any} */ (null); // the predictions without silence

  /** @param {import("./inspector.js").Inspector} inspector */
  constructor(inspector) {
    this.inspector = inspector;
    this.input = make("input", { type: "checkbox", on: { change: () => this.predict() } });
    this.words = make("span", {});
    this.node = make("label", { class: "kfx-silence kfx-label" }, this.input, this.words);
  }

  get on() {
    return this.input.checked;
  }

  /** Name the channel that can be silenced now. */
  show() {
    const { pane } = this.inspector;
    const { facts } = pane;
    const able = Boolean(facts && !facts.error && facts.silenceable);
    this.input.disabled = !able;
    this.node.hidden = !facts || facts.error || facts.kind === "nothing";
    const unable = facts?.type === "Input" ? "an input cannot be silenced: change the data" : "nothing to silence here";
    this.words.textContent = able ? `silence ${facts.noun} ${pane.state.channel} and predict again` : unable;
    if (!able && this.on) this.end();
  }

  /** Turn the switch off and show the prediction without silence. */
  end() {
    this.input.checked = false;
    if (this.predicted) this.inspector.output.predict(this.predicted.predictions, "", this.predicted.buffers);
  }

  /** Show the prediction, with the channel silenced if the switch is on. */
  async predict() {
    const { ask, output, pane } = this.inspector;
    if (!this.on) return this.end();
    const { state } = pane;
    const answer = await ask({ what: "silence", ...state });
    const now = pane.state;
    const moved = state.channel !== now.channel || state.layer !== now.layer;
    if (!this.on || moved || state.example !== this.inspector.example) return;
    if (answer.error) {
      this.words.textContent = answer.error;
      this.end();
    } else output.predict(answer.predictions, `${pane.facts.noun} ${state.channel}`, answer.buffers, state);
  }
}
