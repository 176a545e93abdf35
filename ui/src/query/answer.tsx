// What a panel shows below its controls: the answer, or why there is none.
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone } from '../lib/time';
import { Empty, Notice, Waiting } from '../parts/notice';
import { GraphView } from './graph/view';
import type { PanelState } from './panel-state';
import { StatisticsLine } from './statistics-line';
import { QueryError } from './syntax-error';
import { TableView } from './table/view';
import type { Finished, Running } from './use-query';

interface Props {
  panel: PanelState;
  index: number;
  running: Running;
  onChange: (change: Partial<PanelState>) => void;
  onExample: (expr: string) => void;
}

const EXAMPLES = ['up', 'sum by (job) (up)', 'rate(process_cpu_seconds_total[5m])'];

/** The answer. */
export function Answer({ panel, index, running, onChange, onExample }: Props) {
  const { finished, error, loading } = running;
  if (error) return <div class="answer"><QueryError error={error} expr={panel.expr} /></div>;
  if (panel.expr.trim() === '') {
    return (
      <Empty title="Ask something.">
        <p>
          Type an expression above and press <kbd>Enter</kbd>, browse the metrics, or try one of these:
        </p>
        <p class="examples">
          {EXAMPLES.map((expr) => (
            <button key={expr} type="button" class="example" onClick={() => onExample(expr)}>
              {expr}
            </button>
          ))}
        </p>
      </Empty>
    );
  }
  if (!finished) return loading ? <Waiting what="the answer" /> : null;
  return (
    <div class="answer" aria-busy={loading}>
      {finished.warnings.map((text) => <Notice key={text} tone="warn">{text}</Notice>)}
      {finished.infos.map((text) => <Notice key={text} tone="info">{text}</Notice>)}
      <StatisticsLine finished={finished} loading={loading} />
      <Result panel={panel} index={index} finished={finished} onChange={onChange} />
    </div>
  );
}

function Result({ panel, index, finished, onChange }: {
  panel: PanelState;
  index: number;
  finished: Finished;
  onChange: (change: Partial<PanelState>) => void;
}) {
  const where = useStore(zone);
  const { data } = finished;
  const lists = data.resultType === 'vector' || data.resultType === 'matrix';
  if (lists && data.result.length === 0) {
    const end = formatTimeWithZone(finished.endS * 1000, where);
    return (
      <Empty title="No series.">
        <p>
          The expression is valid, but it matched nothing{' '}
          {finished.tab === 'graph' ? `in the range that ends at ${end}` : `at ${end}`}. Look the
          name up among the metrics, drop a label matcher, or choose another time.
        </p>
      </Empty>
    );
  }
  if (finished.tab !== 'graph') return <TableView finished={finished} />;
  if (data.resultType !== 'matrix') return <TableView finished={finished} />;
  return (
    <GraphView
      index={index}
      series={data.result}
      startS={finished.startS}
      endS={finished.endS}
      stepS={finished.stepS}
      mode={panel.displayMode}
      exemplarsOf={panel.showExemplars ? panel.expr : null}
      onZoom={(startMs, endMs) => onChange({ endMs, rangeMs: endMs - startMs })}
    />
  );
}
