// @ts-check
// A map of examples in the page: the map with its legend at the left, the examples that are selected at the right.
import { button, make, segmented, viewHead } from "../../../web/ui.js";
import { mountAskingAloud } from "../../../web/ask.js";
import { setTrait } from "../../../web/live.js";
import { countText } from "../../../web/numbers.js";
import { arrayOf } from "../../inspector/js/values.js";
import { CardStrip, PictureUrls } from "../../cards/cards.js";
import { MapCanvas } from "./map_canvas.js";
import { mountMapGestures } from "./map_gestures.js";

const LEGEND = 20; // groups that are named
const REST_MS = 90; // that the pointer rests on a point before its example is asked for
const THEMES = ["data-jp-theme-light", "class", "theme", "data-theme"];

export class EmbeddingPage {
  mode = "lasso";
  colouring = 0;
  timer = /** @type {any} */ (0);

  /** @param {HTMLElement} host @param {any} model the widget's model, with the traits of `EmbeddingWidget` */
  constructor(host, model) {
    this.model = model;
    this.about = model.get("about");
    this.asking = mountAskingAloud(model, host);
    this.status = this.asking.status;
    this.map = new MapCanvas(arrayOf(model.get("points"), "f4"));
    this.pointUrls = new PictureUrls();
    this.stripUrls = new PictureUrls();
    this.legend = make("div", { class: "kfx-embed-legend" });
    this.point = new CardStrip();
    this.strip = new CardStrip();
    this.point.say("Point at an example.");
    this.strip.say("Draw a line around examples to list them. Ctrl + wheel zooms.");
    const notes = this.about.notes.map((/** @type {string} */ text) => make("div", { class: "kfx-label", text }));
    const head = viewHead(this.about.name || "map", [{ text: this.about.head }], this.status, ...this.tools());
    const side = make("div", { class: "kfx-embed-side" }, this.legend, this.point.node);
    const columns = make("div", { class: "kfx-embed-columns" }, this.map.canvas, side);
    this.node = make("div", { class: "kfx-embed" }, head, ...notes, columns, this.strip.node);
    this.unmount = mountMapGestures(this.map, {
      mode: () => this.mode,
      onSelect: (numbers, more) => this.select(numbers, more),
      onCursor: (n) => this.pointAt(n),
    });
    this.themes = new MutationObserver(() => this.map.drawNow());
    for (const root of [document.documentElement, document.body]) {
      this.themes.observe(root, { attributes: true, attributeFilter: THEMES });
    }
    host.append(this.node);
    this.colour(0);
  }

  tools() {
    const ways = /** @type {[string, string][]} */ ([["lasso", "Select"], ["move", "Move"]]);
    const modes = segmented("What dragging does", ways, (mode) => {
      this.mode = mode;
      this.map.canvas.classList.toggle("kfx-embed-move", mode === "move");
    });
    modes.set(this.mode);
    const { colourings } = this.about;
    const options = colourings.map((/** @type {any} */ one, /** @type {number} */ i) => {
      return make("option", { value: i, text: `by ${one.name}` });
    });
    const chooser = make("select", { class: "kfx-embed-choice", "aria-label": "Colours" }, ...options);
    chooser.addEventListener("change", () => this.colour(Number(chooser.value)));
    const colours = colourings.length > 1 ? [chooser] : [];
    return [...colours, modes.node, button("Fit", () => this.map.fit(), { title: "Show all (f)" })];
  }

  /** Colour the points by another quantity. @param {number} at */
  async colour(at) {
    this.colouring = at;
    this.map.bright = -1;
    this.showLegend();
    const answer = await this.asking.ask({ what: "colours", colouring: at });
    if (!answer || answer.error || at !== this.colouring) return;
    const [first, ...ramps] = answer.buffers;
    if (answer.kind === "ramp") {
      const both = ramps.map((/** @type {any} */ one) => arrayOf(one, "u1"));
      this.map.paint = { levels: arrayOf(first, "u1"), ramps: both };
    } else {
      const bytes = arrayOf(first, "u1");
      const colours = this.about.colourings[at].colours ?? [[], []];
      this.map.paint = { groups: new Int16Array(bytes.buffer), colours };
    }
    this.map.draw();
  }

  showLegend() {
    const one = this.about.colourings[this.colouring];
    if (!one.colours) {
      const words = one.ends?.length ? `${one.name}: dark ${one.ends[0]}, bright ${one.ends[1]}` : "";
      this.legend.replaceChildren(make("div", { class: "kfx-label", text: words }));
      return;
    }
    const rows = one.names.slice(0, LEGEND).map((/** @type {string} */ name, /** @type {number} */ group) => {
      const click = () => {
        this.map.bright = this.map.bright === group ? -1 : group;
        rows.forEach((/** @type {any} */ row, /** @type {number} */ i) => {
          row.setAttribute("aria-pressed", String(i === this.map.bright));
        });
        this.map.draw();
      };
      const spots = one.colours.map((/** @type {string[]} */ colours, /** @type {number} */ dark) => {
        const kind = dark ? "kfx-spot kfx-spot-dark" : "kfx-spot";
        return make("span", { class: kind, style: `background:${colours[group]}` });
      });
      const count = make("span", { class: "kfx-label", text: countText(one.counts[group]) });
      const row = { type: "button", "aria-pressed": "false", title: "Dim the others", on: { click } };
      return make("button", row, ...spots, make("bdi", { text: name }), count);
    });
    const rest = one.names.length - LEGEND;
    const more = rest > 0 ? make("div", { class: "kfx-label", text: `and ${countText(rest)} more` }) : "";
    this.legend.replaceChildren(make("div", { class: "kfx-label", text: one.name }), ...rows, more);
  }

  /** Point at an example. @param {number} n */
  pointAt(n) {
    this.map.cursor = n;
    this.map.draw();
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const answer = await this.asking.ask({ what: "cards", numbers: [n] });
      if (!answer || n !== this.map.cursor) return;
      this.pointUrls.free();
      if (answer.error) this.point.say(answer.error);
      else this.point.show("", answer, this.pointUrls);
    }, REST_MS);
  }

  /** Select examples. @param {number[]} numbers @param {boolean} more add them, or take away one that is there */
  async select(numbers, more) {
    const { selected } = this.map;
    if (!more) selected.clear();
    if (more && numbers.length === 1 && selected.has(numbers[0])) selected.delete(numbers[0]);
    else for (const n of numbers) selected.add(n);
    this.map.draw();
    const all = Int32Array.from(selected).sort();
    setTrait(this.model, "selected", new DataView(all.buffer));
    const shown = [...all.subarray(0, this.about.most)];
    const answer = await this.asking.ask({ what: "cards", numbers: shown });
    if (!answer || all.length !== selected.size) return;
    this.stripUrls.free();
    if (answer.error) this.strip.say(answer.error);
    else if (!all.length) this.strip.say("Nothing is selected.");
    else this.strip.show(this.words(all), answer, this.stripUrls);
  }

  /** What is selected. @param {Int32Array} all */
  words(all) {
    const count = `${countText(all.length)} of ${countText(this.about.count)} examples selected`;
    const { paint } = this.map, one = this.about.colourings[this.colouring];
    const parts = [all.length > this.about.most ? `${count}, the first ${this.about.most} shown` : count];
    if (paint && "groups" in paint && one.counts) {
      const counts = new Map();
      for (const n of all) counts.set(paint.groups[n], (counts.get(paint.groups[n]) ?? 0) + 1);
      const sorted = [...counts].filter(([group]) => group >= 0).sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 5);
      parts.push(sorted.map(([group, n]) => `${one.names[group]} ${countText(n)}`).join(", "));
    }
    return parts.filter(Boolean).join(" · ");
  }

  destroy() {
    clearTimeout(this.timer);
    this.unmount();
    this.themes.disconnect();
    this.pointUrls.free();
    this.stripUrls.free();
    this.map.destroy();
    this.asking.destroy();
    this.node.remove();
  }
}
