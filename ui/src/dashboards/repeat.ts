// Panels and rows that are there once for each value of a variable.
import { settle } from './layout';
import type { PanelModel } from './model';
import type { Chosen } from './variables/format';

/** Copies of one panel drawn at most: more are a variable gone astray. */
const MAX_COPIES = 100;

/** A panel as it is drawn: perhaps a copy, with variables of its own. */
export interface Placed {
  /** Told apart from its siblings; as the address names it. */
  key: string;
  panel: PanelModel;
  scoped: ReadonlyMap<string, Chosen>;
}

/** A row with its panels; `row` is null above the first one. */
export interface Section {
  key: string;
  row: PanelModel | null;
  scoped: ReadonlyMap<string, Chosen>;
  panels: Placed[];
}

type Lookup = (name: string) => Chosen | undefined;

/** The page as it is drawn: rows with their panels, copied where they repeat. */
export function toSections(panels: readonly PanelModel[], lookup: Lookup): Section[] {
  const plain: { row: PanelModel | null; panels: PanelModel[] }[] = [{ row: null, panels: [] }];
  for (const panel of panels) {
    if (panel.kind === 'row') plain.push({ row: panel, panels: [...panel.panels] });
    else plain.at(-1)?.panels.push(panel);
  }
  return plain
    .filter(({ row, panels: own }) => row !== null || own.length > 0)
    .flatMap(({ row, panels: own }) => copyRow(row, own, lookup));
}

function copyRow(row: PanelModel | null, panels: readonly PanelModel[], lookup: Lookup): Section[] {
  const variable = row?.repeat ? lookup(row.repeat.variable) : undefined;
  const key = row ? `row-${row.id}` : 'top';
  if (!variable) return [{ key, row, scoped: new Map(), panels: placeAll(panels, new Map(), '', lookup) }];
  return singles(variable).map((one, i) => {
    const scoped = new Map([[one.name, one]]);
    const suffix = i === 0 ? '' : `-${one.values[0] ?? i}`;
    return { key: key + suffix, row, scoped, panels: placeAll(panels, scoped, suffix, lookup) };
  });
}

/** One choice for each value that is chosen. */
function singles(chosen: Chosen): Chosen[] {
  return chosen.values.slice(0, MAX_COPIES).map((value, i) => ({
    ...chosen,
    values: [value],
    texts: [chosen.all === null && chosen.texts.length === chosen.values.length ? (chosen.texts[i] ?? value) : value],
    all: null,
  }));
}

function placeAll(
  panels: readonly PanelModel[],
  scoped: ReadonlyMap<string, Chosen>,
  suffix: string,
  lookup: Lookup,
): Placed[] {
  const top = Math.min(...panels.map(({ place }) => place.y));
  const sorted = panels.toSorted((a, b) => a.place.y - b.place.y || a.place.x - b.place.x);
  const placed: Placed[] = [];
  let pushed = 0;
  let pushedBelow = 0;
  for (const panel of sorted) {
    const y = panel.place.y - top;
    // What stands below a repeated panel makes room for its copies.
    const shift = y >= pushedBelow ? pushed : 0;
    const at = { ...panel, place: { ...panel.place, y: y + shift } };
    const chosen = panel.repeat ? (scoped.get(panel.repeat.variable) ?? lookup(panel.repeat.variable)) : undefined;
    if (!panel.repeat || !chosen || chosen.values.length === 0) {
      placed.push({ key: `${panel.id}${suffix}`, panel: at, scoped });
      continue;
    }
    const copies = copyPanel(at, panel.repeat, singles(chosen));
    const grown = Math.max(...copies.map(({ place }) => place.y + place.h)) - (at.place.y + at.place.h);
    copies.forEach((copy, i) => {
      const one = singles(chosen)[i];
      const value = i === 0 ? '' : `-${one?.values[0] ?? i}`;
      placed.push({
        key: `${panel.id}${suffix}${value}`,
        panel: copy,
        scoped: one ? new Map([...scoped, [one.name, one]]) : scoped,
      });
    });
    pushedBelow = y + panel.place.h;
    pushed += grown;
  }
  return settle(placed);
}

function copyPanel(
  panel: PanelModel,
  repeat: NonNullable<PanelModel['repeat']>,
  values: readonly Chosen[],
): PanelModel[] {
  const { x, y, w, h } = panel.place;
  if (repeat.direction === 'v') return values.map((_, i) => ({ ...panel, place: { x, y: y + i * h, w, h } }));
  const across = Math.max(1, Math.min(repeat.maxPerRow || 4, values.length));
  const width = Math.max(1, Math.floor(24 / across));
  return values.map((_, i) => ({
    ...panel,
    place: { x: (i % across) * width, y: y + Math.floor(i / across) * h, w: width, h },
  }));
}
