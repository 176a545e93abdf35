// Writing an edited panel back into the document it came from: what was not edited stays as it is.
import type { FieldConfig, PanelModel, ValueMapping } from '../model';

type Json = Record<string, unknown>;

const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** The document with the panel changed from `before` to `after`; null where it has no such panel. */
export function applyEdit(source: unknown, before: PanelModel, after: PanelModel): unknown {
  const document = structuredClone(record(source));
  // Some documents wrap the dashboard.
  const dashboard = 'dashboard' in document ? record(document['dashboard']) : document;
  const found = findPanel(dashboard, before.id);
  if (!found) return null;
  write(found, before, after);
  return document;
}

/** The panel with an id, in rows and lists at any depth. */
function findPanel(part: Json, id: number): Json | null {
  for (const key of ['panels', 'rows']) {
    const list = part[key];
    if (!Array.isArray(list)) continue;
    for (const one of list) {
      const panel = record(one);
      if (panel['id'] === id) return panel;
      const inner = findPanel(panel, id);
      if (inner) return inner;
    }
  }
  return null;
}

function write(panel: Json, before: PanelModel, after: PanelModel): void {
  if (after.title !== before.title) panel['title'] = after.title;
  if (after.description !== before.description) panel['description'] = after.description;
  const { w, h } = after.place;
  if (w !== before.place.w || h !== before.place.h) {
    panel['gridPos'] = { ...record(panel['gridPos']), w, h };
    delete panel['span'];
  }
  writeQueries(panel, before, after);
  // A panel of an older kind becomes one of today's, or its look could not be told.
  const older = before.kind !== before.givenKind;
  const lookChanged = JSON.stringify(after.fieldConfig) !== JSON.stringify(before.fieldConfig);
  if (after.kind !== before.kind || (older && lookChanged)) {
    panel['type'] = after.kind;
    if (older) {
      panel['fieldConfig'] = {
        defaults: toGrafana(after.fieldConfig.defaults),
        overrides: after.fieldConfig.overrides.map(({ matcher, properties }) => ({
          matcher,
          properties: toProperties(properties),
        })),
      };
      panel['options'] = optionsOf(after);
      for (const key of [
        'seriesOverrides',
        'yaxes',
        'xaxis',
        'thresholds',
        'aliasColors',
        'legend',
        'tooltip',
        'styles',
      ])
        delete panel[key];
    }
  }
  if (lookChanged && !older) writeLook(panel, before.fieldConfig.defaults, after.fieldConfig.defaults);
}

function writeQueries(panel: Json, before: PanelModel, after: PanelModel): void {
  const targets: unknown[] = Array.isArray(panel['targets']) ? panel['targets'] : [];
  after.queries.forEach((query, i) => {
    const was = before.queries.find(({ refId }) => refId === query.refId);
    const target =
      targets.map(record).find((one) => one['refId'] === query.refId) ??
      (before.queries.length === targets.length ? record(targets[i]) : undefined);
    if (!target) {
      // Another panel's query, which this one shows.
      if (was) return;
      targets.push({
        refId: query.refId,
        expr: query.expr,
        legendFormat: query.legendFormat,
        instant: query.instant,
        range: query.range,
      });
      return;
    }
    if (was?.expr !== query.expr) target['expr'] = query.expr;
    if (was?.legendFormat !== query.legendFormat) target['legendFormat'] = query.legendFormat;
  });
  const kept = new Set(after.queries.map(({ refId }) => refId));
  const gone = new Set(before.queries.map(({ refId }) => refId).filter((refId) => !kept.has(refId)));
  panel['targets'] = targets.filter((one) => !gone.has(String(record(one)['refId'])));
}

/** The parts of the look that an editor changes. */
const EDITED = ['unit', 'decimals', 'min', 'max', 'thresholds', 'noValue'] as const;

function writeLook(panel: Json, before: FieldConfig, after: FieldConfig): void {
  const config = record(panel['fieldConfig']);
  const defaults = { ...record(config['defaults']) };
  for (const key of EDITED) {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
    if (after[key] === undefined) delete defaults[key];
    else defaults[key] = after[key];
  }
  panel['fieldConfig'] = { overrides: [], ...config, defaults };
}

function toGrafana({ mappings, links, ...plain }: FieldConfig): Json {
  return {
    ...plain,
    ...(mappings && { mappings: mappings.map(toMapping) }),
    ...(links && { links: links.map(({ title, url, newTab }) => ({ title, url, targetBlank: newTab })) }),
  };
}

function toMapping(mapping: ValueMapping): Json {
  const { text, color, index } = mapping.result;
  const result = { ...(text !== null && { text }), ...(color !== null && { color }), index };
  switch (mapping.kind) {
    case 'value':
      return { type: 'value', options: { [mapping.value]: result } };
    case 'range':
      return { type: 'range', options: { from: mapping.from, to: mapping.to, result } };
    case 'regex':
      return { type: 'regex', options: { pattern: mapping.pattern, result } };
    case 'special':
      return { type: 'special', options: { match: mapping.match, result } };
  }
}

function toProperties(config: FieldConfig): Json[] {
  const { custom = {}, ...plain } = toGrafana(config);
  return [
    ...Object.entries(plain).map(([id, value]) => ({ id, value })),
    ...Object.entries(record(custom)).map(([id, value]) => ({ id: `custom.${id}`, value })),
  ];
}

function optionsOf({ options }: PanelModel): Json {
  const { legend, ...others } = options;
  if (!legend) return others;
  const { show, ...rest } = legend;
  return { ...others, legend: { ...rest, showLegend: show } };
}
