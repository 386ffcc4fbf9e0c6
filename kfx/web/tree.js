// @ts-check
// A table's rows as a tree: which are visible, in which order, which match a search. Pure functions, no page.

/**
 * One call of one layer, as `kfx.views.payload` writes it.
 * @typedef {{key: string, parent: string|null, label: string, type: string, settings: string, shape: string,
 *   params: number, flops: number|null, memory: number|null, [more: string]: any}} Call
 * @typedef {{calls: Call[], byKey: Map<string, Call>, inside: Map<string|null, Call[]>,
 *   level: Map<string, number>}} Tree
 * @typedef {{by: string, down: boolean}|null} Order the field to sort by; null is the model's own order
 */

/**
 * @param {Call[]} calls in the model's order
 * @param {string[]} only keys of the rows at the top; [] for all
 * @returns {Tree}
 */
export function treeOf(calls, only = []) {
  const kept = new Set(only);
  /** @type {Tree} */
  const tree = { calls: [], byKey: new Map(), inside: new Map(), level: new Map() };
  for (const call of calls) {
    const outside = call.parent === null ? kept.size > 0 && !kept.has(call.key) : !tree.byKey.has(call.parent);
    if (outside) continue;
    tree.calls.push(call);
    tree.byKey.set(call.key, call);
    tree.level.set(call.key, call.parent === null ? 0 : (tree.level.get(call.parent) ?? 0) + 1);
    const siblings = tree.inside.get(call.parent);
    if (siblings) siblings.push(call);
    else tree.inside.set(call.parent, [call]);
  }
  return tree;
}

/** Keys of everything that holds something. @param {Tree} tree @returns {string[]} */
export function containersOf(tree) {
  return [...tree.inside.keys()].filter((key) => key !== null);
}

/** Keys of the containers around a call, the innermost first. @param {Tree} tree @param {string} key */
export function aroundOf(tree, key) {
  /** @type {string[]} */
  const found = [];
  for (let at = tree.byKey.get(key)?.parent; at != null; at = tree.byKey.get(at)?.parent) found.push(at);
  return found;
}

/** Number of values in a shape such as `28×28×32` or `32 · 32`; Infinity for an unknown axis. @param {string} shape */
export function volume(shape) {
  return shape.split(" · ").reduce((sum, part) => {
    const axes = part.split(" ").pop() ?? "";
    if (axes === "scalar") return sum + 1;
    return sum + axes.split("×").reduce((product, axis) => product * (/^\d+$/.test(axis) ? Number(axis) : Infinity), 1);
  }, 0);
}

/**
 * Siblings in order; unknown values come last either way, equal ones keep the model's order.
 * @param {Call[]} siblings @param {Order} order
 */
export function sorted(siblings, order) {
  if (!order) return siblings;
  const { by, down } = order;
  const value = (/** @type {Call} */ call) => (by === "shape" ? volume(call.shape) : call[by] ?? null);
  const sign = down ? -1 : 1;
  return [...siblings].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    if (typeof x === "string") return sign * x.localeCompare(String(y), "en", { numeric: true });
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

/**
 * The order after a click on a column's head: numbers largest first, words A to Z first, then the other way round, then
 * the model's order.
 * @param {Order} order
 * @param {string} by the field to sort by
 * @param {boolean} numbers whether it holds numbers
 * @returns {Order}
 */
export function nextOrder(order, by, numbers) {
  if (!order || order.by !== by) return { by, down: numbers };
  return order.down === numbers ? { by, down: !numbers } : null;
}

/**
 * Return the calls that match a search: every word occurs in the address, the type or the settings, whatever the case.
 * @param {Tree} tree @param {string} text
 * @returns {{hits: string[], shown: Set<string>}|null} null for an empty search; `shown` holds the hits and what is
 *   around them
 */
export function search(tree, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const hits = [];
  const shown = new Set();
  for (const call of tree.calls) {
    const hay = `${call.key} ${call.label} ${call.type} ${call.settings}`.toLowerCase();
    if (!words.every((word) => hay.includes(word))) continue;
    hits.push(call.key);
    shown.add(call.key);
    for (const key of aroundOf(tree, call.key)) shown.add(key);
  }
  return { hits, shown };
}

/**
 * The rows to show, from the top down.
 * @param {Tree} tree
 * @param {{open: Set<string>, order?: Order, shown?: Set<string>|null}} state `shown`, of a search, overrules what is
 *   folded
 * @returns {Call[]}
 */
export function visibleRows(tree, { open, order = null, shown = null }) {
  /** @type {Call[]} */
  const rows = [];
  /** @param {string|null} parent */
  const walk = (parent) => {
    for (const call of sorted(tree.inside.get(parent) ?? [], order)) {
      if (shown && !shown.has(call.key)) continue;
      rows.push(call);
      if (tree.inside.has(call.key) && (shown || open.has(call.key))) walk(call.key);
    }
  };
  walk(null);
  return rows;
}
