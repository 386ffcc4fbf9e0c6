// @ts-check
// The inspector in the page: input and prediction at the left, the grid in the middle, the chosen channel at the right.
import { button, make, segmented } from "../../../web/ui.js";
import { exampleStepper } from "./stepper.js";
import { mountAsking } from "../../../web/ask.js";
import { arrayOf, jointScale } from "./values.js";
import { mountPane } from "./pane.js";
import { mountShown } from "./input_and_prediction.js";
import { mountLayerList } from "./layer_list.js";
import { histogramOf } from "./one_channel.js";

/**
 * Put an inspector into `host`.
 * @param {HTMLElement} host an element inside `.kfx`; only what is put there is taken out again
 * @param {any} model the widget's model, with the traits of `kfx.views.inspector.widget.Inspecting`
 * @param {{list?: boolean, most?: number, onSelect?: (key: string) => void}} [options] `list` false: layers are chosen elsewhere;
 *   `most` maps at first; `onSelect` hears of a layer chosen here
 */
export function mountInspector(host, model, { list = true, most = 30, onSelect } = {}) {
  const about = model.get("about");
  const layers = about.layers;
  const keys = layers.map((/** @type {any} */ layer) => layer.key);
  const ramps = arrayOf(model.get("ramps"), "u1");
  const status = make("span", { class: "kfx-label", role: "status" });
  const asking = mountAsking(model, {
    onWait: (waiting, silent) => {
      node.setAttribute("aria-busy", String(waiting));
      status.textContent = silent ? "waiting for the kernel …" : "";
    },
  });
  const title = list
    ? make("button", { type: "button", class: "kfx-title kfx-inspect-title", "aria-haspopup": "listbox", "aria-expanded": "false", title: "Choose a layer (/)", on: { click: () => toggleList() } })
    : make("span", { class: "kfx-title" });
  const facts = make("span", { class: "kfx-facts" });
  const modes = segmented("What is shown", [["maps", "Values"], ["statistics", "Statistics"], ["compare", "Compare"]], setMode);
  const tools = make("span", { class: "kfx-tools" }, status, modes.node, button("‹ Layer", () => stepLayer(-1), { title: "The layer before ([)" }), button("Layer ›", () => stepLayer(1), { title: "The next layer (])" }));
  const chooser = mountLayerList(layers, { onChoose: (key) => { toggleList(false); chooseLayer(key); }, onClose: () => toggleList(false) });
  const shown = make("div", { class: "kfx-inspect-shown" });
  const examples = exampleStepper(about.count, (to) => chooseExample(to));
  shown.append(examples.node);
  const what = mountShown(shown);
  const silence = make("input", { type: "checkbox", on: { change: () => predict() } });
  const silenceWords = make("span", {});
  const silenceNode = make("label", { class: "kfx-silence kfx-label" }, silence, silenceWords);
  shown.append(silenceNode);
  const statistics = make("div", { class: "kfx-inspect-statistics", hidden: true });
  const headA = make("div", { class: "kfx-pane-head", hidden: true });
  const headB = make("div", { class: "kfx-pane-head kfx-second-head", hidden: true });
  const second = make("div", { class: "kfx-second-shown", hidden: true });
  const columns = make("div", { class: "kfx-inspect-columns" }, shown);
  const notes = about.notes.map((/** @type {string} */ note) => make("div", { class: "kfx-label", text: note }));
  const node = make("div", { class: "kfx-inspect" }, make("div", { class: "kfx-head" }, title, facts, tools), chooser.node, columns, ...notes);
  host.append(node);
  const paneA = mountPane(node, { ask: asking.ask, ramps, most, onChannel: (channel) => tellChannel(channel), onPlace: what.place, onFacts: showFacts, onScale: (by) => { tell("scale", by); paneB?.setScale(by); } });
  columns.append(headA, headB, paneA.gridNode, paneA.oneNode, statistics);
  shown.append(second);
  let paneB = /** @type {ReturnType<typeof mountPane>|null} */ (null);
  let shownB = /** @type {ReturnType<typeof mountShown>|null} */ (null);
  let mode = "maps";
  let layer = "";
  let example = -1;
  let other = { layer: "", example: -1 }; // what the second pane shows
  let lastLayer = ""; // as it was when the panes were last brought in line
  let setOther = (/** @type {string} */ _layer, /** @type {number} */ _example) => {};
  let predicted = /** @type {any} */ (null); // the predictions without silence
  modes.set(mode);
  paneA.setScale(model.get("scale"));

  /** @param {string} name @param {any} value */
  function tell(name, value) {
    if (model.get(name) === value) return;
    model.set(name, value);
    model.save_changes();
  }

  // ------------------------------------------------------------------------------------------------ what is looked at

  /** Bring the page in line with the traits. */
  function follow() {
    const [nextLayer, nextExample, channel] = [model.get("selected"), model.get("example"), model.get("channel")];
    const otherLayer = nextLayer !== layer && keys.includes(nextLayer);
    const otherExample = nextExample !== example && nextExample >= 0 && nextExample < about.count;
    if (otherExample) {
      example = nextExample;
      examples.set(example);
      asking.ask({ what: "example", example }).then((answer) => {
        if (answer.error) return what.show(answer);
        predicted = answer.predictions;
        what.show(answer);
        return silence.checked ? predict() : undefined;
      });
    }
    if (otherLayer) layer = nextLayer;
    if (otherLayer || otherExample) {
      paneA.look({ layer, example, ...(otherLayer && channel < 0 ? {} : { channel }) }).then(afterLook);
      if (mode === "statistics") askStatistics();
    } else if (channel >= 0 && channel !== paneA.state().channel) paneA.choose(channel).then(showSilence);
  }

  /** @param {any} answer */
  function afterLook(answer) {
    if (!answer || answer.error) return;
    if (mode === "compare") compare();
    if (silence.checked) predict();
  }

  /** @param {string} key */
  function chooseLayer(key) {
    if (!keys.includes(key)) return;
    model.set("channel", -1);
    model.set("selected", key);
    model.save_changes();
    onSelect?.(key);
  }

  /** @param {number} by */
  function stepLayer(by) {
    const to = keys.indexOf(layer) + by;
    if (to >= 0 && to < keys.length) chooseLayer(keys[to]);
  }

  /** @param {number} to */
  function chooseExample(to) {
    tell("example", Math.max(0, Math.min(about.count - 1, to)));
  }

  /** @param {number} channel */
  function tellChannel(channel) {
    tell("channel", channel);
    showSilence();
    if (silence.checked) predict();
    if (mode === "compare" && other.layer === layer) paneB?.choose(channel);
  }

  /** @param {any} found */
  function showFacts(found) {
    const known = layers.find((/** @type {any} */ one) => one.key === layer);
    title.replaceChildren(make("bdi", { text: found.label ?? known?.label ?? layer }), list ? " ▾" : "");
    facts.textContent = [found.shape, found.type].filter(Boolean).join(" · ");
    showSilence();
  }

  function showSilence() {
    const found = paneA.facts();
    const able = found && !found.error && found.silenceable;
    silence.disabled = !able;
    silenceNode.hidden = !found || found.error || found.kind === "nothing";
    silenceWords.textContent = able ? `silence ${found.noun} ${paneA.state().channel} and predict again` : found?.type === "Input" ? "an input cannot be silenced: change the data" : "nothing to silence here";
    if (!able && silence.checked) {
      silence.checked = false;
      if (predicted) what.predict(predicted, "");
    }
  }

  /** The prediction, with the channel silenced if the switch is on. */
  async function predict() {
    if (!silence.checked) return predicted && what.predict(predicted, "");
    const state = paneA.state();
    const answer = await asking.ask({ what: "silence", ...state });
    if (!silence.checked || state.channel !== paneA.state().channel || state.layer !== paneA.state().layer || state.example !== example) return undefined;
    if (answer.error) {
      silenceWords.textContent = answer.error;
      silence.checked = false;
      return what.predict(predicted, "");
    }
    return what.predict(answer.predictions, `${paneA.facts().noun} ${state.channel}`);
  }

  // ------------------------------------------------------------------------------------------------ statistics and comparison

  /** @param {string} to */
  function setMode(to) {
    mode = to;
    node.classList.toggle("kfx-comparing", mode === "compare");
    paneA.gridNode.hidden = mode === "statistics";
    paneA.oneNode.classList.toggle("kfx-away", mode === "statistics");
    statistics.hidden = mode !== "statistics";
    for (const part of [headA, headB, second, paneB?.gridNode, paneB?.oneNode]) if (part) part.hidden = mode !== "compare";
    if (mode === "statistics") askStatistics();
    if (mode === "compare") compare();
    else paneA.share(null);
  }

  async function askStatistics() {
    const asked = layer;
    statistics.replaceChildren(make("p", { class: "kfx-label", text: `Measuring ${about.count.toLocaleString("en")} examples …` }));
    const answer = await asking.ask({ what: "statistics", layer, part: paneA.state().part });
    if (asked !== layer) return;
    if (answer.error) {
      statistics.replaceChildren(make("p", { class: "kfx-label", text: answer.error }));
      return;
    }
    const rows = answer.figures.flatMap((/** @type {[string, string]} */ [term, text]) => [make("dt", { text: term }), make("dd", { text })]);
    statistics.replaceChildren(
      make("div", { class: "kfx-label kfx-inspect-label", text: `All values of ${answer.label} over ${answer.examples.toLocaleString("en")} example${answer.examples === 1 ? "" : "s"}` }),
      make("div", { class: "kfx-histogram" }, ...(answer.bins.length ? histogramOf(answer.bins, answer.ends) : [])),
      make("dl", { class: "kfx-figures" }, ...rows));
  }

  /** The second pane, made when it is first wanted: another example, or another layer. */
  function compare() {
    if (!paneB) {
      const pick = make("select", { "aria-label": "Layer to compare with", on: { change: () => { other.layer = pick.value; lookB(); } } }, ...layers.map((/** @type {any} */ one) => make("option", { value: one.key, text: one.label })));
      const number = exampleStepper(about.count, (to) => setOther(other.layer, to));
      setOther = (key, which) => {
        other = { layer: key, example: which };
        pick.value = key;
        number.set(which);
        lookB();
      };
      headB.append(make("span", { class: "kfx-label", text: "with" }), pick, number.node);
      shownB = mountShown(second);
      paneB = mountPane(node, { ask: asking.ask, ramps, most, onChannel: (channel) => { if (other.layer === layer) paneA.choose(channel).then(() => tellChannel(channel)); } });
      paneB.setScale(model.get("scale"));
      columns.append(paneB.gridNode, paneB.oneNode);
      paneB.gridNode.classList.add("kfx-pane-b");
      paneB.oneNode.classList.add("kfx-pane-b");
      lastLayer = layer;
      setOther(layer, about.count > 1 ? (example + 1) % about.count : 0);
    } else setOther(other.layer === lastLayer ? layer : other.layer, other.example); // it follows as long as it is the same one
    lastLayer = layer;
    headA.replaceChildren(make("bdi", { class: "kfx-pane-name", text: layers[keys.indexOf(layer)]?.label ?? layer }), make("span", { class: "kfx-label", text: ` example ${example + 1}` }));
  }

  async function lookB() {
    if (!paneB || !shownB) return;
    const { layer: key, example: which } = other;
    const same = key === layer;
    asking.ask({ what: "example", example: which }).then((answer) => { if (which === other.example) shownB?.show(answer); });
    const like = same ? paneA.shownChannels() : null;
    const answer = await paneB.look({ layer: key, example: which, channel: same ? paneA.state().channel : -1, axis: same ? paneA.state().axis : null, ...(like?.length ? { like } : {}) });
    if (!answer || answer.error || mode !== "compare") return;
    const shared = same && answer.kind !== "nothing" && !paneA.facts().error ? jointScale([paneA.facts(), answer]) : null;
    paneA.share(shared);
    paneB.share(shared);
  }

  // ------------------------------------------------------------------------------------------------ list and keys

  /** @param {boolean} [open] */
  function toggleList(open = chooser.node.hidden) {
    if (!list) return;
    if (open) chooser.open(layer);
    else chooser.close();
    title.setAttribute("aria-expanded", String(open));
    if (!open) title.focus();
  }

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {Element} */ (event.target);
    if (target.matches("input:not([type=checkbox]):not([type=range]),select,textarea")) return;
    const actions = /** @type {Record<string, () => void>} */ ({ "[": () => stepLayer(-1), "]": () => stepLayer(1), ",": () => chooseExample(example - 1), ".": () => chooseExample(example + 1) });
    if (list) actions["/"] = () => toggleList(true);
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook's own shortcuts stay out
    actions[event.key]();
  }

  node.addEventListener("keydown", keydown);
  const themes = new MutationObserver(() => { paneA.repaint(); paneB?.repaint(); });
  for (const root of [document.documentElement, document.body]) themes.observe(root, { attributes: true, attributeFilter: ["data-jp-theme-light", "class", "theme", "data-theme"] });
  const names = ["change:selected", "change:example", "change:channel"];
  const followScale = () => paneA.setScale(model.get("scale"));
  names.forEach((name) => model.on(name, follow));
  model.on("change:scale", followScale);
  follow();
  if (!layer) paneA.look({ layer: keys[0] ?? "", example: 0 });

  return {
    node,
    ask: asking.ask,
    destroy() {
      names.forEach((name) => model.off(name, follow));
      model.off("change:scale", followScale);
      node.removeEventListener("keydown", keydown);
      themes.disconnect();
      asking.destroy();
      what.destroy();
      shownB?.destroy();
      paneA.destroy();
      paneB?.destroy();
      node.remove();
    },
  };
}
