// @ts-check
// What every query of a head looks at, as a table.
import { make } from "../../../web/ui.js";
import { entropyOf, scoreText, topKeys } from "./scores.js";

const MOST_LOOKS = 200; // rows

/** @param {any} view */
export function lookTable(view) {
  const rows = Array.from({ length: Math.min(MOST_LOOKS, view.rows) }, (_, query) => {
    const row = view.row(query);
    const keys = topKeys(row, 4).flatMap((at, i) => [
      i ? ", " : "", make("bdi", { text: view.word("keys", at).text }), ` ${scoreText(row[at])}`,
    ]);
    const name = make("th", { scope: "row" }, make("bdi", { text: view.word("queries", query).text }));
    const entropy = make("td", { class: "kfx-n", text: entropyOf(row).toFixed(2) });
    return make("tr", {}, name, make("td", {}, ...keys), entropy);
  });
  const heads = ["query", "looks at", "entropy"].map((text, i) => {
    return make("th", { scope: "col", text, class: i > 1 ? "kfx-n" : null });
  });
  const words = `the first ${MOST_LOOKS} of ${view.rows} queries`;
  const more = view.rows > MOST_LOOKS ? make("caption", { text: words }) : null;
  const head = make("thead", {}, make("tr", {}, ...heads));
  return make("table", { class: "kfx-table" }, more, head, make("tbody", {}, ...rows));
}
