// @ts-check
// One layer for one example: its grid (or bars, or strips) and the chosen channel, requested as they are needed.
import { countText } from "../../../web/numbers.js";
import { button, isDark, make, segmented } from "../../../web/ui.js";
import { Bars } from "./bars.js";
import { MapGrid } from "./map_grid.js";
import { OneChannel } from "./one_channel.js";
import { axisWords, choicesOf, countWords, scaleLegend, stepSliders } from "./pane_parts.js";
import { arrayOf, ownScale, rampOf, wholeRows } from "./values.js";

const STRIPS_AT_FIRST = 16;
const upTo = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => i);

/**
 * @typedef {{layer: string, example: number, channel: number, part: number, axis: number|null, places: number[]}} State
 */

export class Pane {
  facts = /** @type {any} */ (null);
  state = /** @type {State} */ ({ layer: "", example: 0, channel: -1, part: 0, axis: null, places: [] });
  #ranked = /** @type {Int32Array} */ (new Int32Array());
  #scale = "layer";
  #order = "strength";
  #joint = /** @type {any} */ (null); // a scale shared with another pane
  #turn = 0;
  #waiting = false; // for a layer: a channel that is chosen meanwhile is shown when it has come

  /**
   * @param {HTMLElement} host in which it is placed, for its theme
   * @param {{ask: (question: any) => Promise<any>, ramps: Uint8Array, onChannel: (channel: number) => void,
   *   onPlace?: (place: any) => void, onFacts?: (facts: any) => void, onScale?: (scale: string) => void, most: number}}
   *   options `ramps`: the four of `rampOf`; `most` maps at first; `onChannel` is called with a channel that is chosen
   *   by hand, `onPlace` with the cell under the pointer
   */
  constructor(host, { ask, ramps, onChannel, onPlace = () => {}, onFacts = () => {}, onScale = () => {}, most }) {
    this.host = host;
    this.ask = ask;
    this.ramps = ramps;
    this.onChannel = onChannel;
    this.onFacts = onFacts;
    this.wanted = most;
    this.most = most; // maps at first and with each "more": whole rows, once the width is known
    this.count = make("span", {});
    this.legend = make("span", { class: "kfx-scale" });
    this.steppers = make("div", { class: "kfx-steppers" });
    this.gridHost = make("div", {});
    this.axis = make("div", { class: "kfx-strip-axis", "aria-hidden": "true" });
    this.more = button(`Show ${this.most} more`, () => this.showMore());
    this.line = make("span", { class: "kfx-label" });
    this.options = make("div", { class: "kfx-inspect-options" });
    this.gridNode = make("div", { class: "kfx-inspect-grid" },
      make("div", { class: "kfx-label kfx-inspect-label kfx-between" }, this.count, this.legend),
      this.steppers, this.gridHost, this.axis,
      make("div", { class: "kfx-inspect-more" }, this.more, this.line), this.options);
    this.oneNode = make("div", { class: "kfx-inspect-one" });
    const onChoose = (/** @type {number} */ channel) => this.pick(channel);
    this.grid = new MapGrid(this.gridHost, { onChoose });
    const onAt = (/** @type {number} */ unit) => this.zoom.read(0, unit);
    this.bars = new Bars(this.gridHost, { label: "Values of the units", height: 150, onAt, onChoose });
    this.zoom = new OneChannel(this.oneNode, { onPlace });
    this.scaleChoice = segmented("Colour scale", [["layer", "shared"], ["channel", "own"]], (by) => {
      this.setScale(by);
      onScale(by);
    });
    this.orderChoice = segmented("Order", [["strength", "strength"], ["number", "number"]], (by) => {
      this.#order = by;
      this.look({});
    });
  }

  get #isVector() {
    return this.facts.kind === "vector";
  }

  /**
   * Look at another layer, example or channel.
   * @param {Partial<State> & {like?: number[]}} next `like`: channels to show first, as another pane does
   */
  async look({ like, ...next }) {
    const moved = next.layer !== undefined && next.layer !== this.state.layer;
    this.state = { ...this.state, ...(moved ? { channel: -1, part: 0, axis: null, places: [] } : {}), ...next };
    const mine = ++this.#turn;
    const wanted = this.state.channel;
    this.most = wholeRows(this.wanted, this.gridHost.clientWidth);
    this.#waiting = true;
    const byNumber = this.#order === "number";
    const shown = moved || byNumber ? 0 : this.grid.channels().length;
    const answer = await this.ask({
      what: "layer",
      ...this.state,
      channel: wanted < 0 ? null : wanted,
      count: Math.min(64, Math.max(this.most, shown)),
      strips: Math.min(this.most, STRIPS_AT_FIRST),
      channels: like ?? (byNumber ? upTo(Math.max(this.most, 1)) : null),
    });
    if (mine !== this.#turn) return null;
    this.#waiting = false;
    const meanwhile = this.state.channel;
    this.#show(answer);
    if (meanwhile !== wanted) this.choose(meanwhile);
    return answer;
  }

  /** @param {any} answer */
  #show(answer) {
    this.facts = answer;
    const nothing = Boolean(answer.error) || answer.kind === "nothing";
    for (const part of [this.oneNode, this.gridHost, this.axis, this.options, this.legend]) part.hidden = nothing;
    if (nothing) {
      this.count.textContent = answer.error || answer.note || answer.line;
      this.more.hidden = true;
      for (const part of [this.line, this.steppers, this.axis]) part.replaceChildren();
      if (!answer.error) this.onFacts(answer);
      return;
    }
    this.#ranked = arrayOf(answer.buffers[0], "i4");
    this.grid.node.hidden = this.#isVector;
    this.bars.node.hidden = !this.#isVector;
    this.grid.clear(answer.kind, `${answer.noun}s of ${answer.label}`);
    this.state.channel = answer.one.channel;
    const { names, whole, one } = answer;
    if (this.#isVector) this.bars.show(arrayOf(answer.buffers[3], one.wide ? "f8" : "f4"), names, whole);
    else this.#addPage(answer.page, answer.buffers.slice(1, 3));
    this.paintAll();
    this.#showOne(answer.one, answer.buffers[3]);
    this.#showParts();
    this.#showCount();
    this.onFacts(answer);
  }

  /** @param {any} page @param {DataView[]} buffers */
  #addPage(page, buffers) {
    this.grid.add(page, arrayOf(buffers[0], "u1"), arrayOf(buffers[1], "f4"), this.facts);
  }

  /** @param {any} one @param {DataView} buffer */
  #showOne(one, buffer) {
    this.facts.one = one;
    const { kind, tokens, names, role, queries } = this.facts;
    const about = { kind, title: this.#title(), tokens, names, role, queries };
    this.zoom.show(one, arrayOf(buffer, one.wide ? "f8" : "f4"), about);
    if (kind === "vector") this.bars.choose(one.channel);
    else this.grid.choose(one.channel);
  }

  /** The title of the chosen channel's map, or of the histogram and the figures of a vector. */
  #title() {
    const { kind, noun, channels, one } = this.facts;
    if (kind === "vector") return channels === 1 ? "The one value" : `All ${countText(channels)} ${noun}s`;
    const how = this.#scale === "layer" ? ", one scale for all maps" : ", a scale of its own";
    const name = this.facts.names ? ` ${this.facts.names[one.channel]}` : "";
    if (channels === 1) return `The one ${noun}`;
    const title = `${noun} ${one.channel}${name}${kind === "maps" ? how : ""}`;
    return title[0].toUpperCase() + title.slice(1);
  }

  /** A channel by the user's hand. @param {number} channel */
  pick(channel) {
    this.choose(channel);
    this.onChannel(channel);
  }

  /** @param {number} channel */
  async choose(channel) {
    const { facts } = this;
    if (this.#waiting) this.state.channel = channel;
    if (this.#waiting || !facts || facts.error || channel < 0 || channel >= facts.channels) return;
    if (channel === this.state.channel && facts.one?.channel === channel) return;
    this.state.channel = channel;
    if (this.#isVector) {
      this.#showOne({ ...facts.one, channel }, facts.buffers[3]);
      return;
    }
    this.grid.choose(channel);
    const mine = this.#turn;
    const answer = await this.ask({ what: "channel", ...this.state, channel });
    if (mine !== this.#turn || this.state.channel !== channel || answer.error) return;
    this.#showOne(answer, answer.buffers[0]);
  }

  async showMore() {
    const have = new Set(this.grid.channels());
    const all = this.#order === "number" ? upTo(this.facts.channels) : [...this.#ranked];
    const channels = all.filter((channel) => !have.has(channel)).slice(0, this.#page);
    const mine = this.#turn;
    const answer = await this.ask({ what: "maps", ...this.state, channels });
    if (mine !== this.#turn || answer.error) return;
    this.#addPage(answer, answer.buffers);
    this.grid.choose(this.state.channel);
    this.#showCount();
  }

  /** Channels that "more" adds. */
  get #page() {
    return this.facts.kind === "strips" ? STRIPS_AT_FIRST : this.most;
  }

  #showCount() {
    const shown = this.grid.channels().length;
    this.count.textContent = countWords(this.facts, shown, this.#order === "strength" ? "strongest" : "by number");
    const left = this.#isVector ? 0 : this.facts.channels - shown;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(this.#page, left)} more`;
    this.line.textContent = this.facts.line;
  }

  /** The choices below the grid, the sliders above it, the numbers along strips. */
  #showParts() {
    const { facts } = this;
    const look = this.look.bind(this);
    const scale = this.#isVector ? [] : [make("span", {}, "Scale ", this.scaleChoice.node)];
    if (!this.#isVector && facts.channels > 1) scale.push(make("span", {}, "Order ", this.orderChoice.node));
    this.options.replaceChildren(...scale, ...choicesOf(facts, this.state, look));
    this.steppers.replaceChildren(...stepSliders(facts, this.state.places, look));
    this.axis.hidden = facts.kind !== "strips";
    if (this.axis.hidden) return;
    const texts = axisWords(facts);
    const room = Math.max(160, this.axis.clientWidth) / texts.length;
    this.axis.classList.toggle("kfx-turned", texts.some((text) => text.length * 6.2 > room));
    this.axis.replaceChildren(...texts.map((text) => make("span", { text })));
  }

  /** @param {number} least @param {number} greatest */
  #colours(least, greatest) {
    const whole = this.#joint ?? this.facts;
    const { low, high } = this.#scale === "layer" ? whole : ownScale(least, greatest, whole.signed);
    return { low, high, ramp: rampOf(this.ramps, whole.signed, isDark(this.host)) };
  }

  paintAll() {
    if (!this.facts || this.facts.error || this.facts.kind === "nothing") return;
    this.scaleChoice.set(this.#scale);
    this.orderChoice.set(this.#order);
    const colours = this.#colours.bind(this);
    this.grid.colour(colours);
    this.zoom.colour(colours);
    this.bars.repaint();
    this.legend.hidden = this.#isVector;
    const ramp = rampOf(this.ramps, (this.#joint ?? this.facts).signed, isDark(this.host));
    this.legend.replaceChildren(...scaleLegend(this.#joint ?? this.facts, this.#scale === "layer", ramp));
  }

  /** @param {string} by "layer" or "channel" */
  setScale(by) {
    this.#scale = by;
    this.paintAll();
    if (this.facts?.one && this.facts.kind === "maps") this.zoom.title.textContent = this.#title();
  }

  /** @param {any} shared a scale, or null for the layer's own */
  share(shared) {
    this.#joint = shared;
    this.paintAll();
  }

  destroy() {
    for (const { watcher } of [this.bars, this.zoom.strip]) watcher.disconnect();
  }
}
