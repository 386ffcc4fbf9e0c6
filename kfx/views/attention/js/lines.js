// @ts-check
// One row of words twice: lines from the chosen query to its keys, wide and opaque by their scores.
import { keyListener, make, makeSvg } from "../../../web/ui.js";
import { LEAST_LINE, scoreText } from "./scores.js";

const MOST_ROW_WORDS = 40; // words in a row, or as many as there is room for; of more, those around the chosen one
const LEAST_ROW_WORDS = 5;
const LINES_PX = 66; // px between the two rows

export class AttentionLines {
  query = -1;
  most = MOST_ROW_WORDS;
  wide = 0; // px that `most` was found for

  /** @param {any} view @param {{onQuery: (query: number, key: number) => void}} options */
  constructor(view, { onQuery }) {
    this.view = view;
    this.onQuery = onQuery;
    this.title = make("span", { class: "kfx-attention-title" });
    this.facts = make("span", { class: "kfx-label" });
    const over = (/** @type {any} */ { target }) => {
      const word = target.closest?.("[data-query]");
      if (word && Number(word.dataset.query) !== this.query) onQuery(Number(word.dataset.query), -1);
    };
    const keydown = keyListener((event) => this.actionOf(event));
    this.top = make("div", { class: "kfx-attention-words", role: "listbox", "aria-label": "Queries", on: { keydown } });
    this.top.addEventListener("pointerover", over);
    this.top.addEventListener("click", over);
    this.svg = makeSvg("svg", { class: "kfx-attention-svg", "aria-hidden": "true" });
    this.bottom = make("div", { class: "kfx-attention-words kfx-attention-answers" });
    const rows = make("div", { class: "kfx-attention-rows" }, this.top, this.svg, this.bottom);
    const group = { tabindex: "0", role: "group", "aria-label": "Lines" };
    this.body = make("div", { class: "kfx-attention-scroll", ...group }, rows);
    const head = make("div", { class: "kfx-between" }, this.title, this.facts);
    this.node = make("div", { class: "kfx-attention-lines" }, head, this.body);
  }

  /** The first place that is shown, and one after the last. @param {number} count @param {number} at */
  span(count, at) {
    if (count <= this.most) return [0, count];
    const start = Math.max(0, Math.min(count - this.most, at - Math.floor(this.most / 2)));
    return [start, start + this.most];
  }

  /** @param {number} query */
  show(query) {
    this.query = query;
    this.write(query);
    this.fitted(query);
    if (this.view.facts) this.draw();
  }

  /**
   * Show fewer words where those of a row do not fit, and as many again where there is more room.
   * @param {number} query
   */
  fitted(query) {
    const { clientWidth } = this.body;
    if (!clientWidth) return;
    if (clientWidth !== this.wide) {
      this.wide = clientWidth;
      if (this.most !== MOST_ROW_WORDS) {
        this.most = MOST_ROW_WORDS;
        this.write(query);
      }
    }
    while (this.body.scrollWidth > clientWidth + 1 && this.most > LEAST_ROW_WORDS) {
      const shown = Math.max(this.top.childElementCount, this.bottom.childElementCount);
      const fit = Math.floor((shown * clientWidth) / this.body.scrollWidth);
      this.most = Math.max(LEAST_ROW_WORDS, Math.min(this.most - 1, shown - 1, fit));
      this.write(query);
    }
  }

  /** @param {number} query */
  write(query) {
    const { rows, columnsOfMap } = this.view;
    const row = this.view.row(query);
    const [q0, q1] = this.span(rows, query);
    const [k0, k1] = this.span(columnsOfMap, rows === columnsOfMap ? query : row.indexOf(Math.max(...row)));
    const focused = this.top.contains(document.activeElement);
    this.top.replaceChildren(...this.wordsOf("queries", q0, q1, (at) => ({
      "data-query": at, role: "option", tabindex: at === query ? "0" : "-1", "aria-selected": String(at === query),
      class: at === query ? "sel" : null,
    })));
    if (focused) this.top.querySelector(".sel")?.focus();
    let small = 0;
    this.bottom.replaceChildren(...this.wordsOf("keys", k0, k1, (at) => {
      if (row[at] < LEAST_LINE) small++;
      const style = `--kfx-share:${Math.round(60 * row[at])}%`;
      return { class: row[at] < LEAST_LINE ? "kfx-attention-faint" : null, style };
    }, (at) => (row[at] < LEAST_LINE ? "" : scoreText(row[at]))));
    const { text } = this.view.word("queries", query);
    this.title.replaceChildren("What “", make("bdi", { text: this.view.word("queries", query).word }), "” looks at");
    this.title.title = text;
    const hidden = columnsOfMap - (k1 - k0);
    const far = hidden ? ` · ${hidden} farther keys not shown` : "";
    const below = small ? ` · ${small} of ${k1 - k0} under ${LEAST_LINE} have no line` : "";
    const label = this.view.layers.find((/** @type {any} */ one) => one.key === this.view.layer).label;
    this.facts.textContent = `${label}, head ${this.view.head} · point at a word${below}${far}`;
  }

  /**
   * @param {"queries"|"keys"} side @param {number} from @param {number} to @param {(at: number) => any} props
   * @param {(at: number) => string} [below]
   */
  wordsOf(side, from, to, props, below) {
    return Array.from({ length: to - from }, (_, i) => {
      const at = from + i;
      const { word, text } = this.view.word(side, at);
      const number = below ? make("small", { text: below(at) }) : null;
      return make("span", { title: text, "data-at": at, ...props(at) }, make("bdi", { text: word }), number);
    });
  }

  /** Draw the lines between the words where they are now. */
  draw() {
    if (this.query < 0 || !this.node.isConnected) return;
    if (this.body.clientWidth !== this.wide) this.fitted(this.query);
    const box = this.svg.getBoundingClientRect();
    if (!box.width) return;
    const row = this.view.row(this.query);
    const from = this.top.querySelector(".sel")?.getBoundingClientRect();
    if (!from) return;
    const start = from.left + from.width / 2 - box.left;
    const made = [...this.bottom.children].flatMap((word) => {
      const score = row[Number(word.getAttribute("data-at"))];
      if (score < LEAST_LINE) return [];
      const place = word.getBoundingClientRect();
      const end = place.left + place.width / 2 - box.left;
      const d = `M${start} 0C${start} ${0.75 * LINES_PX} ${end} ${0.25 * LINES_PX} ${end} ${LINES_PX}`;
      const wide = (0.8 + 6 * score).toFixed(2);
      return [makeSvg("path", { d, "stroke-width": wide, "stroke-opacity": Math.min(1, 0.3 + score).toFixed(2) })];
    });
    this.svg.setAttribute("height", String(LINES_PX));
    this.svg.replaceChildren(...made);
  }

  /** @param {KeyboardEvent} event */
  actionOf({ key }) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 });
    if (!Object.hasOwn(steps, key)) return null;
    const to = Math.max(0, Math.min(this.view.rows - 1, this.query + steps[key]));
    return () => this.onQuery(to, -1);
  }
}
