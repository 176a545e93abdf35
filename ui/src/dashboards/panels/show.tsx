// Which component draws which kind of panel.
import type { PanelKind } from '../model';
import { AlertList } from './alertlist';
import { BarChart } from './barchart';
import { BarGauge } from './bargauge';
import { DashList } from './dashlist';
import { DataTable } from './data-table';
import { Gauge } from './gauge';
import { Heatmap } from './heatmap';
import { Histogram } from './histogram';
import { PieChart } from './piechart';
import type { PanelProps } from './props';
import { Stat } from './stat';
import { StateTimeline } from './state-timeline';
import { TablePanel } from './table';
import { TextPanel } from './text';
import { TimeSeries } from './timeseries';

/** Kinds that show no data of queries. */
export const WITHOUT_QUERIES: ReadonlySet<PanelKind> = new Set<PanelKind>([
  'text',
  'alertlist',
  'dashlist',
  'logs',
  'row',
]);

/** Kinds that say themselves that nothing was found. */
export const isTable = (kind: PanelKind): boolean => kind === 'table' || kind === 'unsupported';

/** The panel's picture. */
export function Picture(props: PanelProps) {
  switch (props.panel.kind) {
    case 'timeseries':
      return <TimeSeries {...props} />;
    case 'stat':
      return <Stat {...props} />;
    case 'gauge':
      return <Gauge {...props} />;
    case 'bargauge':
      return <BarGauge {...props} />;
    case 'table':
      return <TablePanel {...props} />;
    case 'text':
      return <TextPanel {...props} />;
    case 'piechart':
      return <PieChart {...props} />;
    case 'heatmap':
      return <Heatmap {...props} />;
    case 'state-timeline':
    case 'status-history':
      return <StateTimeline {...props} />;
    case 'histogram':
      return <Histogram {...props} />;
    case 'barchart':
      return <BarChart {...props} />;
    case 'alertlist':
      return <AlertList {...props} />;
    case 'dashlist':
      return <DashList {...props} />;
    case 'logs':
      return <p class="dash-empty">Logs are not available yet: this server does not keep them.</p>;
    default:
      return (
        <>
          <p class="dash-note">
            There is no picture for panels of the kind “{props.panel.givenKind}”; this is what its queries found.
          </p>
          <DataTable frames={props.data.frames} height={props.height - 30} filling={props.filling} />
        </>
      );
  }
}
