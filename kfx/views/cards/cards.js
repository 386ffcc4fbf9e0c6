// @ts-check
// Examples side by side: their pictures or words, what each was taken for, how sure the model was.
import { make } from "../../web/ui.js";

/** @typedef {{number: number, title: [string, boolean][], detail: string, text: string,
 *   pictures: {name: string, media: string, at: number}[]}} Card */

/** Addresses of pictures that came as bytes, until they are let go. */
export class PictureUrls {
  made = /** @type {string[]} */ ([]);

  /** @param {DataView} content @param {string} type */
  of(content, type) {
    const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    const made = URL.createObjectURL(new Blob([bytes.slice()], { type }));
    this.made.push(made);
    return made;
  }

  free() {
    for (const url of this.made.splice(0)) URL.revokeObjectURL(url);
  }
}

export class CardStrip {
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

  /** @param {string} words @param {{examples: Card[], buffers: DataView[]}} answer @param {PictureUrls} urls */
  show(words, { examples, buffers }, urls) {
    this.words.textContent = examples.length ? words : `${words} · no example is kept`;
    this.list.replaceChildren(...examples.map((one) => cardNode(one, buffers, urls)));
  }
}

/** @param {Card} one @param {DataView[]} buffers @param {PictureUrls} urls */
function cardNode(one, buffers, urls) {
  const pictures = one.pictures.map(({ name, media, at }) => {
    return make("img", { src: urls.of(buffers[at], media), alt: `example ${one.number}, ${name}`, title: name });
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
