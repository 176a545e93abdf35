// The cardinality page: which metrics have the most series, which of their labels make them so
// many, and which values. What is chosen stands in the address.
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { get, post } from '../api/client';
import { usePolled } from '../api/use-polled';
import type { NameValue, TsdbStatus } from '../api/types';
import { quote, type Labels } from '../lib/labels';
import { formatCount } from '../lib/number';
import { Link } from '../parts/link';
import { Empty, Failure, Waiting } from '../parts/notice';

/** Lines of a list. */
const MOST = 50;

/** The page; `search` is the address's query string. */
export function CardinalityPage({ search }: { search: string }) {
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const metric = params.get('metric') ?? '';
  const label = params.get('label') ?? '';
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Cardinality</h1>
          <p class="soft">What the series being written come from: a metric, its labels, their values.</p>
        </div>
      </div>
      <nav class="crumbs" aria-label="Chosen">
        <Crumb to={metric ? {} : undefined}>All metrics</Crumb>
        {metric && <Crumb to={label ? { metric } : undefined}>{metric}</Crumb>}
        {label && <Crumb to={undefined}>{label}</Crumb>}
      </nav>
      {label ? <Values metric={metric} label={label} /> : metric ? <LabelsOf metric={metric} /> : <Metrics />}
    </div>
  );
}

function Crumb({ to, children }: { to: Record<string, string> | undefined; children: ComponentChildren }) {
  if (to === undefined) return <span aria-current="page">{children}</span>;
  return <Link path="cardinality" search={new URLSearchParams(to).toString()}>{children}</Link>;
}

function Metrics() {
  const answer = usePolled('metrics', async (signal) => (await get<TsdbStatus>('status/tsdb', { limit: MOST }, signal)).data);
  return (
    <List
      answer={answer}
      of="metric"
      unit="Series"
      rows={answer.data?.seriesCountByMetricName ?? []}
      all={answer.data?.headStats?.numSeries ?? 0}
      to={(name) => ({ metric: name })}
    />
  );
}

/** How many values each label of a metric has, among the series that have samples now. */
function LabelsOf({ metric }: { metric: string }) {
  const answer = usePolled(`labels of ${metric}`, async (signal) => {
    const series = selector(metric);
    const end = Date.now() / 1000;
    const names = await get<string[]>('labels', { 'match[]': series, start: end - 300, end }, signal);
    const asked = names.data.filter((name) => name !== '__name__');
    const counts = await Promise.all(
      asked.map(async (name): Promise<NameValue> => ({ name, value: await count(`count by (${labelName(name)}) (${series})`, signal) })),
    );
    const all = await count(series, signal);
    return { counts: counts.sort((a, b) => b.value - a.value), all };
  });
  return (
    <>
      {answer.data && (
        <p class="soft list-lead">
          {formatCount(answer.data.all)} series now. <Link path="query" search={new URLSearchParams({ 'g0.expr': metric, 'g0.tab': 'table' }).toString()}>See them</Link>
        </p>
      )}
      <List
        answer={answer}
        of="label"
        unit="Values"
        rows={answer.data?.counts ?? []}
        all={0}
        to={(name) => ({ metric, label: name })}
      />
    </>
  );
}

function Values({ metric, label }: { metric: string; label: string }) {
  const answer = usePolled(`values of ${label} of ${metric}`, async (signal) => {
    const series = selector(metric);
    const found = await vector(`topk(${MOST}, count by (${labelName(label)}) (${series}))`, signal);
    const rows = found.map(([labels, value]): NameValue => ({ name: labels[label] ?? '', value }));
    return { rows: rows.sort((a, b) => b.value - a.value), all: await count(series, signal) };
  });
  return <List answer={answer} of="value" unit="Series" rows={answer.data?.rows ?? []} all={answer.data?.all ?? 0} />;
}

/** A ranking whose lines lead on. `all` is what shares are of; 0 where there are none. */
function List({ answer, of, unit, rows, all, to }: {
  answer: ReturnType<typeof usePolled<unknown>>;
  of: string;
  unit: string;
  rows: readonly NameValue[];
  all: number;
  to?: (name: string) => Record<string, string>;
}) {
  if (answer.error) return <Failure error={answer.error} retry={answer.reload} />;
  if (answer.data === undefined) return <Waiting what={`each ${of}`} />;
  if (rows.length === 0) return <Empty title="No series has samples now." />;
  const largest = Math.max(1, ...rows.map(({ value }) => value));
  return (
    <section class="card sending">
      <table class="table ranking">
        <thead>
          <tr>
            <th scope="col">{of.charAt(0).toUpperCase() + of.slice(1)}</th>
            <th scope="col" class="number">{unit}</th>
            {all > 0 && <th scope="col" class="number">Share</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, value }) => (
            <tr key={name}>
              <td>
                <span class="ranking-name">
                  {to ? <Link path="cardinality" search={new URLSearchParams(to(name)).toString()}>{name}</Link> : name || <span class="soft">without it</span>}
                </span>
                <span class="ranking-bar" style={{ width: `${(100 * value) / largest}%` }} />
              </td>
              <td class="number">{formatCount(value)}</td>
              {all > 0 && <td class="number">{((100 * value) / all).toFixed(1)} %</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function selector(metric: string): string {
  return `{__name__=${quote(metric)}}`;
}

function labelName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name);
}

/** How many series an expression gives. */
async function count(expr: string, signal: AbortSignal): Promise<number> {
  const [first] = await vector(`count(${expr})`, signal);
  return first?.[1] ?? 0;
}

async function vector(query: string, signal: AbortSignal): Promise<[Labels, number][]> {
  const answer = await post<{ result: { metric: Labels; value: [number, string] }[] }>('query', { query }, signal);
  return answer.data.result.map(({ metric, value }) => [metric, Number(value[1])]);
}
