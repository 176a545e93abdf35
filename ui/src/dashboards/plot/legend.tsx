// The names of a panel's lines, as a list or a table with calculations. A press shows one alone, with
// Ctrl or Command it hides or shows one among the others.
import { useState } from 'preact/hooks';
import { numberOf, type Value } from '../data/frame';
import { calcName, calculate } from '../field/calcs';
import { textOfShown, type Display } from '../field/display';
import { isHidden } from '../field/config';
import type { PanelOptions } from '../model';
import { compareValues } from '../transform/rows';
import type { Line } from './lines';

interface Props {
  lines: readonly Line[];
  displays: readonly Display[];
  colours: readonly string[];
  options: NonNullable<PanelOptions['legend']>;
  hidden: ReadonlySet<string>;
  onHidden: (hidden: ReadonlySet<string>) => void;
}

/** Entries drawn at most. */
const MAX_ENTRIES = 200;

interface Entry {
  line: Line;
  colour: string;
  values: { value: Value; text: string }[];
}

/** The legend. */
export function Legend({ lines, displays, colours, options, hidden, onHidden }: Props) {
  const { displayMode, calcs, sortBy, sortDesc } = options;
  const [order, setOrder] = useState<{ by: string; falling: boolean } | null>(
    sortBy ? { by: sortBy, falling: sortDesc ?? false } : null,
  );
  const entries = lines
    .map((line, i): Entry => ({
      line,
      colour: colours[i] ?? '#888888',
      values: calcs.map((id) => {
        const value = calculate(id, line.field);
        const shown = displays[i]?.show(value);
        return { value, text: shown ? textOfShown(shown) : '' };
      }),
    }))
    .filter(({ line }) => !isHidden(line.field, 'legend'));
  const sorted = displayMode === 'table' && order ? sortEntries(entries, calcs, order) : entries;
  const press = (event: MouseEvent, name: string) =>
    onHidden(
      event.ctrlKey || event.metaKey
        ? toggled(hidden, name)
        : isolated(
            hidden,
            name,
            lines.map((line) => line.name),
          ),
    );
  const name = ({ line, colour }: Entry) => (
    <button
      type="button"
      class="dash-legend-name"
      aria-pressed={!hidden.has(line.name)}
      title={`${line.name}: press to see it alone, with Ctrl to hide it`}
      onClick={(event) => press(event, line.name)}
    >
      <span class="swatch" style={{ '--swatch': colour }} />
      <span>{line.name}</span>
    </button>
  );
  const shown = sorted.slice(0, MAX_ENTRIES);
  if (displayMode !== 'table') {
    return (
      <ul class="dash-legend" tabIndex={0} aria-label="Legend">
        {shown.map((entry) => (
          <li key={entry.line.index}>
            {name(entry)}
            {entry.values.map(({ text }, i) => (
              <span key={i} class="dash-legend-calc">
                <span class="soft">{calcName(calcs[i] ?? '')}:</span> {text}
              </span>
            ))}
          </li>
        ))}
        {sorted.length > shown.length && <li class="soft">and {sorted.length - shown.length} more</li>}
      </ul>
    );
  }
  const by = (key: string) =>
    setOrder((now) =>
      now?.by !== key ? { by: key, falling: true } : now.falling ? { by: key, falling: false } : null,
    );
  const head = (key: string, title: string) => (
    <th key={key} scope="col" aria-sort={order?.by === key ? (order.falling ? 'descending' : 'ascending') : 'none'}>
      <button type="button" class="sort" onClick={() => by(key)}>
        {title}
        {order?.by === key ? (order.falling ? ' ▼' : ' ▲') : ''}
      </button>
    </th>
  );
  return (
    <div class="dash-legend-table" tabIndex={0} role="group" aria-label="Legend">
      <table>
        <thead>
          <tr>
            {head('Name', 'Name')}
            {calcs.map((id) => head(calcName(id), calcName(id)))}
          </tr>
        </thead>
        <tbody>
          {shown.map((entry) => (
            <tr key={entry.line.index}>
              <td>{name(entry)}</td>
              {entry.values.map(({ text }, i) => (
                <td key={i} class="number">
                  {text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function sortEntries(
  entries: readonly Entry[],
  calcs: readonly string[],
  { by, falling }: { by: string; falling: boolean },
): Entry[] {
  const at = calcs.findIndex((id) => calcName(id) === by || id === by || calcName(id).replace(' *', '') === by);
  const sign = falling ? -1 : 1;
  if (at < 0) return entries.toSorted((a, b) => sign * a.line.name.localeCompare(b.line.name, 'en', { numeric: true }));
  return entries.toSorted((a, b) => {
    const [x, y] = [a.values[at]?.value ?? null, b.values[at]?.value ?? null];
    if (Number.isNaN(numberOf(x)) || Number.isNaN(numberOf(y))) return compareValues(x, y);
    return sign * compareValues(x, y);
  });
}

function toggled(hidden: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(hidden);
  if (!next.delete(name)) next.add(name);
  return next;
}

function isolated(hidden: ReadonlySet<string>, name: string, names: readonly string[]): ReadonlySet<string> {
  const others = names.filter((other) => other !== name);
  const alone = !hidden.has(name) && others.every((other) => hidden.has(other));
  return new Set(alone ? [] : others);
}
