// A panel whose data are not kept here: what it would show, and what it asks.
import type { PanelModel, PanelQuery } from '../model';
import { interpolate, type Filling } from '../variables/interpolate';

/** Queries that are told: more of them say nothing more. */
const MAX_TOLD = 4;

/** Sources of spans. */
const TRACES = new Set(['tempo', 'jaeger', 'zipkin']);

/** What stands in the place of the picture. */
export function Foreign({ panel, filling }: { panel: PanelModel; filling: Filling }) {
  const queries = panel.queries.filter(({ signal }) => signal !== 'metrics');
  const told = queries.filter(({ expr }) => expr.trim() !== '').slice(0, MAX_TOLD);
  return (
    <div class="dash-foreign">
      <p>{reason(panel, queries)}</p>
      {told.map(({ refId, expr }) => (
        <pre key={refId} tabIndex={0} aria-label={`Query ${refId}`}>
          {interpolate(expr, filling)}
        </pre>
      ))}
    </div>
  );
}

function reason({ kind }: PanelModel, queries: readonly PanelQuery[]): string {
  if (kind === 'logs' || queries.some(({ signal }) => signal === 'logs')) {
    return 'Logs are not available yet: this server does not keep them.';
  }
  const source = queries.find(({ source: given }) => given)?.source;
  if (source && TRACES.has(source)) return 'Traces are not available yet: this server does not keep them.';
  if (source === '__expr__') return 'This panel shows what Grafana’s server reckons, which is not available here.';
  return source
    ? `This panel asks a data source of the kind “${source}”, which is not available here.`
    : 'This panel asks a data source that is not available here.';
}
