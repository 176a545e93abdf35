// Shares of a whole, as a pie or a ring.
import { useMemo, useState } from 'preact/hooks';
import { useBoard } from '../board';
import { textOn } from '../field/colours';
import { textOfShown } from '../field/display';
import { reduceAll, type Reduced } from '../field/reduce';
import { toFixed } from '../field/unit-kinds';
import { describeValue } from './stat';
import { optionRecord, optionText, type PanelProps } from './props';

/** A slice smaller than this share has no label: it would not fit. */
const LABELLED = 0.04;

/** The panel. */
export function PieChart({ panel, data, width, height }: PanelProps) {
  const { shade, zone } = useBoard();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const all = useMemo(
    () =>
      reduceAll(byPalette(data.frames), panel.options.reduceOptions, { shade, zone }, false).filter(
        ({ shown }) => shown.number > 0,
      ),
    [data.frames, panel, shade, zone],
  );
  const sort = optionText(panel, 'sort', 'desc');
  const values =
    sort === 'none' ? all : all.toSorted((a, b) => (sort === 'asc' ? 1 : -1) * (a.shown.number - b.shown.number));
  if (values.length === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  const shown = values.filter(({ name }) => !hidden.has(name));
  const total = shown.reduce((sum, value) => sum + value.shown.number, 0) || 1;
  const legend = panel.options.legend;
  const listed = legend?.show !== false && legend !== undefined;
  const beside = listed && legend.placement === 'right' && width > 260;
  const size = beside ? Math.min(height, width * 0.55) : Math.min(width, listed ? height * 0.72 : height);
  const list = optionRecord(panel, 'legend')['values'];
  return (
    <div class={beside ? 'dash-pie dash-pie-beside' : 'dash-pie'}>
      <svg
        width={size}
        height={size}
        viewBox="-100 -100 200 200"
        role="img"
        aria-label={values.map(describeValue).join(', ')}
      >
        <Slices
          values={shown}
          total={total}
          ring={optionText(panel, 'pieType', 'pie') === 'donut'}
          labels={labelsOf(panel)}
        />
      </svg>
      {listed && (
        <ul class="dash-legend" tabIndex={0} aria-label="Legend">
          {values.map((value) => (
            <li key={value.name}>
              <button
                type="button"
                class="dash-legend-name"
                aria-pressed={!hidden.has(value.name)}
                onClick={() => {
                  const next = new Set(hidden);
                  if (!next.delete(value.name)) next.add(value.name);
                  setHidden(next.size === values.length ? new Set() : next);
                }}
              >
                <span class="swatch" style={{ '--swatch': value.shown.colour }} />
                <span>{value.name}</span>
              </button>
              {(!Array.isArray(list) || list.includes('value') || list.length === 0) && (
                <span class="dash-legend-calc">{textOfShown(value.shown)}</span>
              )}
              {Array.isArray(list) && list.includes('percent') && !hidden.has(value.name) && (
                <span class="dash-legend-calc">{toFixed((value.shown.number / total) * 100, 0)}%</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function labelsOf(panel: PanelProps['panel']): readonly string[] {
  const labels = panel.options['displayLabels'];
  return Array.isArray(labels) ? labels.map(String) : [];
}

/** Without a colour of their own, slices have those of series. */
function byPalette(frames: PanelProps['data']['frames']): PanelProps['data']['frames'] {
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => ({
      ...field,
      config: { ...field.config, color: field.config.color ?? { mode: 'palette-classic' } },
    })),
  }));
}

function Slices({
  values,
  total,
  ring,
  labels,
}: {
  values: readonly Reduced[];
  total: number;
  ring: boolean;
  labels: readonly string[];
}) {
  let turned = 0;
  const inner = ring ? 58 : 0;
  return (
    <>
      {values.map((value) => {
        const share = value.shown.number / total;
        const [from, to] = [turned, turned + share];
        turned = to;
        const middle = at((from + to) / 2, ring ? 78 : 62);
        const texts = [
          labels.includes('name') && value.name,
          labels.includes('value') && textOfShown(value.shown),
          labels.includes('percent') && `${toFixed(share * 100, 0)}%`,
        ].filter((text): text is string => typeof text === 'string');
        return (
          <g key={value.name}>
            <path class="dash-slice" d={slice(from, to, inner)} fill={value.shown.colour}>
              <title>
                {describeValue(value)} ({toFixed(share * 100, 1)}%)
              </title>
            </path>
            {share > LABELLED &&
              texts.map((text, i) => (
                <text
                  key={i}
                  x={middle[0]}
                  y={middle[1] + (i - (texts.length - 1) / 2) * 11 + 3}
                  text-anchor="middle"
                  font-size="9.5"
                  fill={textOn(value.shown.colour)}
                >
                  {text}
                </text>
              ))}
          </g>
        );
      })}
    </>
  );
}

function at(share: number, radius: number): [number, number] {
  const angle = share * 2 * Math.PI - Math.PI / 2;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

function slice(from: number, to: number, inner: number): string {
  // A whole turn has no two ends to draw an arc between.
  const end = Math.min(to, from + 0.999_99);
  const [a, b] = [at(from, 97), at(end, 97)];
  const large = end - from > 0.5 ? 1 : 0;
  if (inner === 0) return `M0,0L${a}A97,97 0 ${large} 1 ${b}z`;
  const [c, d] = [at(end, inner), at(from, inner)];
  return `M${a}A97,97 0 ${large} 1 ${b}L${c}A${inner},${inner} 0 ${large} 0 ${d}z`;
}
