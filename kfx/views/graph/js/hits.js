// @ts-check
// The layers that a search has found, and the steps from one to the next.

/**
 * @param {{found: (text: string) => string[], say: (words: string) => void, onHits: (text: string) => void, onStep:
 *   (key: string) => void}} given `found` searches, `onHits` is called with the text of each search, `onStep` with the
 *   hit to go to
 */
export function mountHits({ found, say, onHits, onStep }) {
  let keys = /** @type {string[]} */ ([]);
  let at = -1;
  return {
    keys: () => keys,
    /** @param {string} text */
    find(text) {
      keys = found(text);
      at = -1;
      say(text.trim() ? (keys.length ? `${keys.length} found` : "nothing found") : "");
      onHits(text.trim());
    },
    /** @param {number} by */
    step(by) {
      if (!keys.length) return;
      at = at < 0 && by < 0 ? keys.length - 1 : (at + by + keys.length) % keys.length;
      say(`${at + 1} of ${keys.length}`);
      onStep(keys[at]);
    },
  };
}
