// A dashboard as the server gives it at /api/v1/dashboards/{uid}: Grafana's JSON of any schema
// version, read into one shape. What a document leaves out has its default here, so that no reader
// asks twice. Names follow Grafana's own JSON where it has a word.

/** What the server gives at /api/v1/dashboards. */
export interface DashboardList {
  /** By folder and title. */
  dashboards: DashboardEntry[];
  /** Files that give no dashboard, with the place of what is wrong. */
  problems: { file: string; message: string }[];
}

export interface DashboardEntry {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  /** Empty at the top; folders inside each other as `a/b`. */
  folder: string;
  /** Its file on the server. */
  file: string;
  /** How many parts are not shown as their author meant them. */
  problems: number;
  /** Why it may not be saved; empty where it may. */
  readOnly: string;
  /** When its file was changed last, in milliseconds since the epoch. */
  changed: number;
}

/** What the server gives at /api/v1/dashboards/{uid}/versions: the newest first. */
export interface DashboardVersion { version: number; written: number; size: number }

export interface DashboardModel {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  /** The folder that the document was provisioned into; empty at the top. */
  folder: string;
  /** `browser`, `utc` or an IANA name. */
  timezone: string;
  /** `now-6h`, `now`, or moments in ISO 8601. */
  time: { from: string; to: string };
  /** As `30s`; empty where pages are not asked to refresh. */
  refresh: string;
  graphTooltip: 'none' | 'crosshair' | 'tooltip';
  links: DashboardLink[];
  variables: Variable[];
  annotations: Annotation[];
  /** Rows and panels in reading order. */
  panels: PanelModel[];
  /** What of the whole document is not supported; panels have their own. */
  problems: Problem[];
}

/** Something of the document that is not shown as its author meant it. */
export interface Problem {
  /** The field's path in the document, as `panels[3].options.reduceOptions`. */
  path: string;
  message: string;
}

export interface DashboardLink {
  kind: 'link' | 'dashboards';
  title: string;
  tooltip: string;
  /** Empty where `kind` is `dashboards`. */
  url: string;
  tags: string[];
  keepTime: boolean;
  includeVariables: boolean;
  newTab: boolean;
}

export type VariableKind = 'query' | 'datasource' | 'interval' | 'custom' | 'textbox' | 'constant' | 'adhoc';

export interface Variable {
  kind: VariableKind;
  name: string;
  label: string;
  description: string;
  hide: 'none' | 'label' | 'variable';
  multi: boolean;
  includeAll: boolean;
  /** What "All" stands for; empty: every value, as an alternation (or `.*` where the list is long). */
  allValue: string;
  /** Of `query`. */
  query: VariableQuery | null;
  /** Keeps, and by its first group or the groups `text` and `value` cuts, what a query found; empty: everything. */
  regex: string;
  sort: VariableSort;
  refresh: 'never' | 'load' | 'time';
  /** Of `custom`, `interval`, `datasource` and `constant`: what there is to choose from. */
  options: VariableOption[];
  /** Of `interval`: the number of points that `auto` aims at, and its least step; null where there is no `auto`. */
  auto: { count: number; min: string } | null;
  /** What is chosen until the address says otherwise; `$__all` for all, `auto` of an interval. Of `adhoc`: filters, as `label|operator|value`. */
  current: string[];
}

export type VariableSort =
  | 'none' | 'alphabetical-asc' | 'alphabetical-desc' | 'numerical-asc' | 'numerical-desc'
  | 'alphabetical-ci-asc' | 'alphabetical-ci-desc' | 'natural-asc' | 'natural-desc';

export interface VariableOption { text: string; value: string }

export type VariableQuery =
  | { kind: 'label_values'; label: string; matcher: string }
  | { kind: 'label_names'; matcher: string }
  | { kind: 'metrics'; regex: string }
  | { kind: 'query_result'; expr: string }
  | { kind: 'series'; matcher: string };

export interface Annotation {
  name: string;
  enabled: boolean;
  hide: boolean;
  color: string;
  expr: string;
  /** As `60s`; empty: from the resolution. */
  step: string;
  title: string;
  text: string;
  tags: string;
  useValueForTime: boolean;
}

/** Every kind of panel of today; the older ones are converted into these. */
export type PanelKind =
  | 'timeseries' | 'stat' | 'gauge' | 'bargauge' | 'table' | 'text' | 'piechart' | 'heatmap'
  | 'state-timeline' | 'status-history' | 'histogram' | 'barchart' | 'logs' | 'alertlist'
  | 'dashlist' | 'row' | 'unsupported';

export interface PanelModel {
  id: number;
  kind: PanelKind;
  /** The document's own word for the kind, as `graph` or `grafana-clock-panel`. */
  givenKind: string;
  title: string;
  description: string;
  transparent: boolean;
  /** 24 columns; a unit of height is 30 pixels and 8 of margin. */
  place: { x: number; y: number; w: number; h: number };
  /** Of a row: closed until opened; its panels are in `panels` then and nowhere else. */
  collapsed: boolean;
  panels: PanelModel[];
  repeat: { variable: string; direction: 'h' | 'v'; maxPerRow: number } | null;
  queries: PanelQuery[];
  /** The panel's least step, as `30s` or a variable; empty: none. */
  interval: string;
  maxDataPoints: number | null;
  /** As `1h`: this panel's own span; empty: the dashboard's. */
  timeFrom: string;
  timeShift: string;
  hideTimeOverride: boolean;
  links: DashboardLink[];
  transformations: Transformation[];
  fieldConfig: { defaults: FieldConfig; overrides: FieldOverride[] };
  options: PanelOptions;
  problems: Problem[];
}

export interface PanelQuery {
  refId: string;
  expr: string;
  /** `__auto` and the empty text mean: the labels. */
  legendFormat: string;
  format: 'time_series' | 'table' | 'heatmap';
  instant: boolean;
  range: boolean;
  hide: boolean;
  exemplar: boolean;
  /** This query's least step. */
  interval: string;
  intervalFactor: number;
  /** The data source is Prometheus or not told; others are shown as not available. */
  signal: 'metrics' | 'logs' | 'other';
  /** Of what kind the data source is, where it is another: `tempo`, `mysql`. */
  source?: string;
}

export interface Transformation {
  /** Grafana's identifier, as `organize`. */
  id: string;
  disabled: boolean;
  /** Of which queries; null: all. */
  filter: Matcher | null;
  options: Record<string, unknown>;
}

export interface Matcher { id: 'byName' | 'byRegexp' | 'byFrameRefID' | 'byType' | 'byNames' | 'byValue' | string; options: unknown }

export interface FieldOverride { matcher: Matcher; properties: FieldConfig }

/** Every part may be missing: defaults first, then each override that matches. */
export interface FieldConfig {
  unit?: string;
  decimals?: number;
  min?: number;
  max?: number;
  displayName?: string;
  noValue?: string;
  color?: { mode: string; fixedColor?: string; seriesBy?: string };
  thresholds?: { mode: 'absolute' | 'percentage'; steps: { value: number | null; color: string }[] };
  mappings?: ValueMapping[];
  links?: { title: string; url: string; newTab: boolean }[];
  /** How the kind of panel draws this field: Grafana's own words (`fillOpacity`, `lineWidth`, `stacking`, `axisPlacement`, `hideFrom`, `cellOptions`, `width`, …). */
  custom?: Record<string, unknown>;
}

export type ValueMapping =
  | { kind: 'value'; value: string; result: MappingResult }
  | { kind: 'range'; from: number | null; to: number | null; result: MappingResult }
  | { kind: 'regex'; pattern: string; result: MappingResult }
  | { kind: 'special'; match: 'true' | 'false' | 'null' | 'nan' | 'null+nan' | 'empty'; result: MappingResult };

export interface MappingResult { text: string | null; color: string | null; index: number }

/** By kind, in Grafana's own words of today, converted from older documents. */
export interface PanelOptions {
  legend?: { show: boolean; displayMode: 'list' | 'table'; placement: 'bottom' | 'right'; calcs: string[]; sortBy?: string; sortDesc?: boolean; width?: number;
    /** Of `piechart`: `value` and `percent`. */
    values?: string[] };
  tooltip?: { mode: 'single' | 'multi' | 'none'; sort: 'none' | 'asc' | 'desc'; [other: string]: unknown };
  reduceOptions?: { values: boolean; calcs: string[]; fields: string; limit: number | null };
  /** Of `text`: HTML that the server has made safe, whatever the document's mode. Variables still stand in it: what is filled in for them must be escaped. */
  html?: string;
  /** Everything else of the document's options. */
  [other: string]: unknown;
}
