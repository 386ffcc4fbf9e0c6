// @ts-check
// The charts of a run with their switches: by batch or by epoch, linear or logarithmic, smoothed.
import { make, segmented } from "../../../web/ui.js";
import { chartGrid } from "../js/chart_grid.js";

const SMOOTHINGS = [0, 0.6, 0.9, 0.97];

/** The charts; `update` takes what `chart_data` in `panels/curves.py` gives. */
export function curvesPanel() {
  const way = { log: false, smoothing: 0.9, byEpoch: false };
  const charts = chartGrid(way);
  const by = segmented("Points", [["batch", "Batches"], ["epoch", "Epochs"]], (value) => {
    way.byEpoch = value === "epoch";
    charts.redraw();
  });
  const axis = segmented("Vertical axis", [["linear", "Linear"], ["log", "Log"]], (value) => {
    way.log = value === "log";
    charts.redraw();
  });
  by.set("batch");
  axis.set("linear");
  const smooth = () => {
    way.smoothing = Number(smoothing.value);
    charts.redraw();
  };
  const smoothing = make("select", { class: "kfx-choice", "aria-label": "Smoothing", on: { change: smooth } },
    ...SMOOTHINGS.map((value) => make("option", { value, text: `smoothing ${value}` })));
  smoothing.value = String(way.smoothing);
  const label = make("span", { class: "kfx-label" });
  const tools = make("div", { class: "kfx-curves-tools" }, label, by.node, axis.node, smoothing);
  return {
    node: make("div", { class: "kfx-curves-part" }, tools, charts.node),
    /** @param {import("../js/chart_grid.js").ChartData} data */
    update(data) {
      label.textContent = data.charts.length ? `Curves, by ${data.unit}` : "Curves: no values yet";
      charts.update(data);
    },
    destroy: charts.destroy,
  };
}
