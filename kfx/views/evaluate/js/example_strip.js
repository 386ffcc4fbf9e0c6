// @ts-check
// Examples side by side: their pictures or words, what each was taken for, how sure the model was.
import { make } from "../../../web/ui.js";

/** @typedef {{number: number, title: [string, boolean][], detail: string, text: string,
 *   pictures: {name: string, media: string, at: number}[]}} Example */

export class ExampleStrip {
  constructor() {
    this.words = make("div", { class: "kfx-label", role: "status" });
    this.list = make("div", { class: "kfx-examples", role: "list" });
    this.node = make("div", { class: "kfx-strip" }, this.words, this.list);
  }

  /** @param {string} sentence in place of examples */
  say(sentence) {
    this.words.textContent = sentence;
    this.list.replaceChildren();
  }

  /**
   * @param {string} words @param {{examples: Example[], buffers: DataView[]}} answer
   * @param {(content: DataView, type: string) => string} url
   */
  show(words, { examples, buffers }, url) {
    this.words.textContent = examples.length ? words : `${words} · no example is kept`;
    this.list.replaceChildren(...examples.map((one) => exampleNode(one, buffers, url)));
  }
}

/** @param {Example} one @param {DataView[]} buffers @param {(content: DataView, type: string) => string} url */
export function exampleNode(one, buffers, url) {
  const pictures = one.pictures.map(({ name, media, at }) => {
    return make("img", { src: url(buffers[at], media), alt: `example ${one.number}, ${name}`, title: name });
  });
  const title = one.title.map(([text, wrong]) => make("bdi", { text, class: wrong ? "kfx-wrong" : null }));
  const wide = one.text || pictures.length > 1;
  const detail = [one.detail, `example ${one.number.toLocaleString("en")}`].filter(Boolean).join(" · ");
  return make(
    "div", { class: wide ? "kfx-example kfx-wide" : "kfx-example", role: "listitem" },
    pictures.length ? make("div", { class: "kfx-example-pictures" }, ...pictures) : null,
    one.text ? make("div", { class: "kfx-example-text" }, make("bdi", { text: one.text })) : null,
    make("div", { class: "kfx-example-title" }, ...title),
    make("div", { class: "kfx-label", text: detail }),
  );
}
