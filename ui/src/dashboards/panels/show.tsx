// Which component draws which kind of panel.
import type { PanelKind } from '../model';
import { AlertList } from './alertlist';
import { BarChart } from './barchart';
import { BarGauge } from './bargauge';
import { DashList } from './dashlist';
import { DataTable } from './data-table';
import { Foreign } from './foreign';
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
      return <Foreign panel={props.panel} filling={props.filling} />;
    default:
      if (props.panel.queries.length === 0) return <p class="dash-empty">{nothingOf(props.panel)}</p>;
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

/** What is said of a panel that neither can be drawn nor asks anything. */
function nothingOf({ givenKind }: PanelProps['panel']): string {
  return givenKind === ''
    ? 'This panel is kept in a library, and not in this document.'
    : `There is no picture for panels of the kind “${givenKind}”.`;
}
