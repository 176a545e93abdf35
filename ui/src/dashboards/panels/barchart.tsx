// Bars for the rows of a table: the first text names them.
import { useMemo } from 'preact/hooks';
import { useBoard } from '../board';
import { numberOf, type Field, type Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { customNumber, isHidden } from '../field/config';
import { display, textOfShown } from '../field/display';
import { Columns, type ColumnSeries } from '../plot/columns';
import { merge } from '../transform/join';
import { asTables } from './data-table';
import { optionText, type PanelProps } from './props';

/** Rows drawn at most: thinner bars are not seen. */
const MAX_ROWS = 400;

/** The panel. */
export function BarChart({ panel, data, width, height }: PanelProps) {
  const { shade, zone } = useBoard();
  const { categories, series } = useMemo(() => {
    const frame = tableOf(data.frames);
    if (!frame) return { categories: [], series: [] };
    const wanted = optionText(panel, 'xField', '');
    const name = (field: Field) => nameOf(field, frame, [frame]);
    const key =
      frame.fields.find((field) => wanted !== '' && name(field) === wanted) ??
      frame.fields.find(({ type }) => type === 'string') ??
      frame.fields.find(({ type }) => type === 'time');
    const rows = Math.min(frame.length, MAX_ROWS);
    const keys = key && display(key, { shade, zone, index: 0 });
    const numbers = frame.fields.filter((field) => field !== key && field.type === 'number' && !isHidden(field, 'viz'));
    return {
      categories: Array.from({ length: rows }, (_, row) =>
        keys ? textOfShown(keys.show(key.values[row] ?? null)) : String(row + 1),
      ),
      series: numbers.map((field, index): ColumnSeries => {
        const shape = display(field, { shade, zone, index });
        const byValue =
          field.config.color?.mode === 'thresholds' || field.config.color?.mode?.startsWith('continuous-');
        const values = field.values.slice(0, rows).map(numberOf);
        return {
          name: name(field),
          values,
          display: shape,
          colour: shape.colour,
          ...(byValue && { colours: field.values.slice(0, rows).map((value) => shape.show(value).colour) }),
        };
      }),
    };
  }, [data.frames, panel, shade, zone]);
  if (categories.length === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  const legend = panel.options.legend?.show !== false && series.length > 1;
  const first = data.frames[0]?.fields.find(({ type }) => type === 'number');
  return (
    <>
      <Columns
        categories={categories}
        series={series}
        width={width}
        height={legend ? height - 24 : height}
        title={panel.title}
        stacked={['normal', 'percent'].includes(optionText(panel, 'stacking', 'none'))}
        lying={optionText(panel, 'orientation', 'auto') === 'horizontal'}
        thickness={Math.max(
          0.1,
          Math.min(1, numberOr(panel.options['groupWidth'], first ? customNumber(first, 'barWidth', 0.8) : 0.8)),
        )}
      />
      {legend && (
        <ul class="dash-legend">
          {series.map(({ name, colour }) => (
            <li key={name}>
              <span class="swatch" style={{ '--swatch': colour }} />
              {name}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

/** One table of all frames: instant answers of several series become rows. */
function tableOf(frames: readonly Frame[]): Frame | undefined {
  const moments = frames.length > 1 && frames.every(({ length }) => length <= 1);
  if (!moments) return asTables(frames)[0];
  return merge(
    frames.map((frame) => {
      const value = frame.fields.find(({ type }) => type === 'number');
      const {
        legend: _legend,
        labels: _labels,
        ...plain
      } = value ?? { name: 'Value', type: 'number' as const, values: [], config: {} };
      return {
        ...frame,
        fields: [
          { name: 'Name', type: 'string' as const, values: value ? [nameOf(value, frame, frames)] : [], config: {} },
          plain,
        ],
      };
    }),
  )[0];
}
