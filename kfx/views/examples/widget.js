// @ts-check
// The live view of the examples that drive units: one unit after another, by the menu or by [ and ].
import { alive, onTraits, setTrait } from "../../web/live.js";
import { mountAskingAloud } from "../../web/ask.js";
import { button, keyListener, make, viewHead } from "../../web/ui.js";
import { CardStrip, PictureUrls } from "../cards/cards.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx");
  const about = model.get("about"), urls = new PictureUrls(), strip = new CardStrip();
  const asking = mountAskingAloud(model, el), { status } = asking;
  const choose = (/** @type {number} */ channel) => setTrait(model, "channel", channel);
  const step = (/** @type {number} */ by) => {
    const to = about.channels[about.channels.indexOf(model.get("channel")) + by];
    if (to !== undefined) choose(to);
  };
  const options = about.channels.map((/** @type {number} */ n) => {
    return make("option", { value: n, text: `${about.word} ${n}` });
  });
  const chooser = make("select", { class: "kfx-unit", "aria-label": "Unit" }, ...options);
  chooser.addEventListener("change", () => choose(Number(chooser.value)));
  const back = button("‹", () => step(-1), { "aria-label": `The ${about.word} before`, title: "The one before ([)" });
  const forth = button("›", () => step(1), { "aria-label": `The next ${about.word}`, title: "The next one (])" });
  const tools = about.channels.length > 1 ? [back, chooser, forth] : [];
  const head = viewHead(about.name || about.head.split(" · ")[0], [{ text: about.head }], status, ...tools);
  const notes = about.notes.map((/** @type {string} */ text) => make("div", { class: "kfx-label", text }));
  const node = make("div", { class: "kfx-units" }, ...notes, strip.node);
  el.append(head, node);
  const keys = keyListener(({ key }) => (key === "[" ? () => step(-1) : key === "]" ? () => step(1) : null));
  el.addEventListener("keydown", keys);

  async function look() {
    const channel = model.get("channel");
    chooser.value = String(channel);
    const answer = await asking.ask({ channel });
    if (!answer || channel !== model.get("channel")) return;
    urls.free();
    if (answer.error) strip.say(answer.error);
    else strip.show(`${about.word} ${channel}, the largest value first`, answer, urls);
  }
  const ignore = onTraits(model, { channel: look });
  look();
  return () => {
    ignore();
    urls.free();
    asking.destroy();
    el.removeEventListener("keydown", keys);
    el.replaceChildren();
    unlive();
  };
}

export default { render };
