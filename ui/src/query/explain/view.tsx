// How the server would evaluate an expression, and what evaluating it took.
import type { QueryResult } from '../../api/types';
import { post } from '../../api/client';
import { usePolled } from '../../api/use-polled';
import { formatElapsed } from '../../lib/duration';
import { formatBytes, formatCount } from '../../lib/number';
import { Waiting } from '../../parts/notice';
import type { PanelState } from '../panel-state';
import { QueryError } from '../syntax-error';
import { PlanNode, type Plan } from './plan';

interface Explained {
  plan: Plan;
  stats: QueryResult['stats'];
}

/** The plan of the panel's expression, with the statistics of one evaluation at its moment. */
export function ExplainView({ panel }: { panel: PanelState }) {
  const { expr, endMs } = panel;
  const answer = usePolled<Explained>(`${endMs} ${expr}`, async (signal) => {
    const plan = await post<Plan>('explain', { query: expr }, signal);
    const time = (endMs ?? Date.now()) / 1000;
    const run = await post<QueryResult>('query', { query: expr, time, stats: 'all' }, signal);
    return { plan: plan.data, stats: run.data.stats };
  });
  if (answer.error) return <div class="answer"><QueryError error={answer.error} expr={expr} /></div>;
  if (!answer.data) return <Waiting what="the plan" />;
  return (
    <div class="answer explain">
      <Statistics stats={answer.data.stats} />
      <ul class="plan" aria-label="Plan">
        <PlanNode node={answer.data.plan} />
      </ul>
    </div>
  );
}

function Statistics({ stats }: { stats: QueryResult['stats'] }) {
  const facts = factsOf(stats);
  if (facts.length === 0) return null;
  return (
    <dl class="explain-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf(stats: QueryResult['stats']): [string, string][] {
  const { timings = {}, samples = {}, work = {} } = stats ?? {};
  const facts: [string, number | undefined, (value: number) => string][] = [
    ['Total', timings['execTotalTime'], seconds],
    ['Waiting', timings['execQueueTime'], seconds],
    ['Preparing', timings['queryPreparationTime'], seconds],
    ['Evaluating', timings['innerEvalTime'], seconds],
    ['Samples read', samples.samplesRead ?? samples.totalQueryableSamples, formatCount],
    ['Samples held at most', samples.peakSamples, formatCount],
    ['Memory at most', work.peakBytes, formatBytes],
    ['Series', work.series, formatCount],
    ['Chunks', work.chunks, formatCount],
    ['Blocks', work.blocks, formatCount],
  ];
  return facts.flatMap(([name, value, print]) => (value === undefined ? [] : [[name, print(value)]]));
}

function seconds(value: number): string {
  return formatElapsed(value * 1000);
}
