// What every kind of panel is given.
import type { PanelData } from '../data/use-panel-data';
import type { PanelModel } from '../model';
import type { Filling } from '../variables/interpolate';

export interface PanelProps {
  panel: PanelModel;
  data: PanelData;
  /** With the panel's own variables. */
  filling: Filling;
  /** Pixels of the body. */
  width: number;
  height: number;
}

/** An option as a text, where a document's options are read. */
export function optionText(panel: PanelModel, name: string, otherwise: string): string {
  const value = panel.options[name];
  return typeof value === 'string' ? value : otherwise;
}

/** An option with parts of its own. */
export function optionRecord(panel: PanelModel, name: string): Readonly<Record<string, unknown>> {
  const value = panel.options[name];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
