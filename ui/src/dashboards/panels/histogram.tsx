// How often values fall into which stretch.
import { useMemo } from 'preact/hooks';
import { useBoard } from '../board';
import { makeField, numberOf } from '../data/frame';
import { nameOf } from '../data/names';
import { display, textOfShown } from '../field/display';
import { numberTicks } from '../../plot/ticks';
import { Columns, type ColumnSeries } from '../plot/columns';
import type { PanelProps } from './props';

/** Stretches, where the document does not say how wide they are. */
const BUCKETS = 30;
const MAX_BUCKETS = 200;

/** The panel. */
export function Histogram({ panel, data, width, height }: PanelProps) {
  const { shade, zone } = useBoard();
  const { categories, series } = useMemo(() => {
    const fields = data.frames.flatMap((frame) =>
      frame.fields.filter(({ type }) => type === 'number').map((field) => ({ frame, field })),
    );
    const numbers = fields.map(({ field }) => field.values.map(numberOf).filter(Number.isFinite));
    const all = numbers.flat();
    if (all.length === 0) return { categories: [], series: [] };
    const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
    const size = sizeOf(panel.options['bucketSize'], low, high);
    const start = Math.floor(low / size) * size;
    const count = Math.min(MAX_BUCKETS, Math.floor((high - start) / size) + 1);
    const bounds = fields[0] && display(fields[0].field, { shade, zone, index: 0 });
    const combine = panel.options['combine'] === true;
    const lists = combine ? [all] : numbers;
    return {
      categories: Array.from({ length: count }, (_, i) =>
        bounds ? textOfShown(bounds.show(Number((start + i * size).toPrecision(10)))) : '',
      ),
      series: lists.map((list, index): ColumnSeries => {
        const values = new Array<number>(count).fill(0);
        for (const value of list) {
          const at = Math.min(count - 1, Math.floor((value - start) / size));
          values[at] = (values[at] ?? 0) + 1;
        }
        const counted = makeField('Count', 'number', values);
        const source = fields[index];
        const colour = source ? display(source.field, { shade, zone, index }).colour : '#888888';
        const name = combine || !source ? 'Count' : nameOf(source.field, source.frame, data.frames);
        return { name, values, display: display(counted, { shade, zone, index }), colour };
      }),
    };
  }, [data.frames, panel, shade, zone]);
  if (categories.length === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  return (
    <Columns
      categories={categories}
      series={series}
      width={width}
      height={height}
      stacked={series.length > 1}
      lying={false}
      thickness={0.98}
      title={panel.title}
    />
  );
}

function sizeOf(given: unknown, low: number, high: number): number {
  if (typeof given === 'number' && given > 0) return given;
  const ticks = numberTicks(low, high, BUCKETS);
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  return step > 0 ? step : 1;
}
