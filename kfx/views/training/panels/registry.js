// @ts-check
// The registry of panels: the script of each kind. A panel of a kind that is not here is drawn as a user's own.
import { controlsPanel } from "./controls.js";
import { curvesPanel } from "./curves.js";
import { findingPanel } from "./finding.js";
import { layersPanel } from "./layers.js";
import { ownPanel } from "./own.js";
import { progressPanel } from "./progress.js";

/**
 * @typedef {{node: HTMLElement, update: (data: any) => void, destroy?: () => void}} PanelView
 * @typedef {(kind: string, value?: number|null) => void} Ask sends a command to the run
 * @type {Record<string, (ask: Ask) => PanelView>}
 */
const PANELS = {
  controls: controlsPanel,
  curves: curvesPanel,
  finding: findingPanel,
  layers: layersPanel,
  progress: progressPanel,
};

/** A new panel. @param {string} kind @param {Ask} ask @returns {PanelView} */
export function makePanel(kind, ask) {
  return Object.hasOwn(PANELS, kind) ? PANELS[kind](ask) : ownPanel();
}
