// A frame as a table whose rows are drawn only where they are seen.
import { useMemo, useState } from 'preact/hooks';
import { formatCount } from '../../lib/number';
import type { Zone } from '../../lib/time';
import type { Field, Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { calculate } from '../field/calcs';
import { customNumber, isHidden } from '../field/config';
import type { Shade } from '../field/colours';
import { display, textOfShown } from '../field/display';
import { compareValues } from '../transform/rows';
import type { Filling } from '../variables/interpolate';
import { Cell, coloursRow, rowStyle } from './cell';

const ROW_PX = 29;

/** Rows drawn above and below those that are seen. */
const BEYOND = 12;

/** Columns drawn at most: more are no table any more, and are in the CSV. */
const MAX_COLUMNS = 120;

export interface TableSort {
  /** A column's name. */
  by: string;
  falling: boolean;
}

/** The same by a column's place among all fields, as older tables say it. */
export interface PlaceSort {
  at: number;
  falling: boolean;
}

/** The table. */
export function FrameTable({
  frame,
  frames,
  height,
  zone,
  shade,
  filling,
  sort,
  footer,
}: {
  frame: Frame;
  frames: readonly Frame[];
  height: number;
  zone: Zone;
  shade: Shade;
  filling?: Filling;
  sort?: TableSort | PlaceSort | undefined;
  /** A calculation below each column of numbers. */
  footer?: string | undefined;
}) {
  const [order, setOrder] = useState<TableSort | null>(() => named(sort, frame, frames));
  const [top, setTop] = useState(0);
  const fields = useMemo(
    () =>
      frame.fields
        .filter((field) => field.config.custom?.['hidden'] !== true && !isHidden(field, 'viz'))
        .slice(0, MAX_COLUMNS),
    [frame],
  );
  const displays = useMemo(
    () => fields.map((field, index) => display(field, { shade, zone, index })),
    [fields, shade, zone],
  );
  const names = useMemo(() => fields.map((field) => nameOf(field, frame, frames)), [fields, frame, frames]);
  const rows = useMemo(
    () =>
      orderRows(
        frame,
        frame.fields.find((field) => nameOf(field, frame, frames) === order?.by),
        order?.falling ?? false,
      ),
    [frame, frames, order],
  );
  // Hidden columns may colour rows, too.
  const rowColour = useMemo(() => {
    const index = frame.fields.findIndex(coloursRow);
    const field = frame.fields[index];
    return field && { field, shape: display(field, { shade, zone, index }) };
  }, [frame, shade, zone]);
  const styleOfRow = (row: number) =>
    rowColour ? rowStyle(rowColour.field, rowColour.shape.show(rowColour.field.values[row] ?? null)) : {};
  const body = Math.max(60, height);
  const first = Math.max(0, Math.floor(top / ROW_PX) - BEYOND);
  const last = Math.min(rows.length, Math.ceil((top + body) / ROW_PX) + BEYOND);
  const press = (name: string) =>
    setOrder((now) =>
      now?.by !== name ? { by: name, falling: false } : now.falling ? null : { by: name, falling: true },
    );
  return (
    <div
      class="dash-table"
      style={{ height: `${body}px` }}
      tabIndex={0}
      role="group"
      aria-label={`Table of ${formatCount(rows.length)} rows`}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {names.map((name, i) => {
              const field = fields[i];
              const width = field ? customNumber(field, 'width', 0) : 0;
              const sorted = order?.by === name;
              return (
                <th
                  key={`${name} ${i}`}
                  scope="col"
                  class={field?.type === 'number' ? 'number' : ''}
                  aria-sort={sorted ? (order.falling ? 'descending' : 'ascending') : 'none'}
                  style={width > 0 ? { width: `${width}px`, 'min-width': `${Math.min(width, 400)}px` } : {}}
                >
                  <button type="button" class="sort" title={`Sort by ${name}`} onClick={() => press(name)}>
                    {name}
                    {sorted ? (order.falling ? ' ▼' : ' ▲') : ''}
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {first > 0 && (
            <tr aria-hidden="true">
              <td colSpan={fields.length} style={{ height: `${first * ROW_PX}px` }} />
            </tr>
          )}
          {rows.slice(first, last).map((row, i) => (
            <tr
              key={first + i}
              aria-rowindex={first + i + 2}
              class={rowColour ? 'dash-coloured' : undefined}
              style={styleOfRow(row)}
            >
              {fields.map((field, column) => {
                const shape = displays[column];
                return (
                  shape && (
                    <Cell
                      key={column}
                      field={field}
                      frame={frame}
                      frames={frames}
                      row={row}
                      display={shape}
                      shade={shade}
                      filling={filling}
                    />
                  )
                );
              })}
            </tr>
          ))}
          {last < rows.length && (
            <tr aria-hidden="true">
              <td colSpan={fields.length} style={{ height: `${(rows.length - last) * ROW_PX}px` }} />
            </tr>
          )}
        </tbody>
        {footer && <Footer fields={fields} displays={displays} calc={footer} />}
      </table>
    </div>
  );
}

function Footer({
  fields,
  displays,
  calc,
}: {
  fields: readonly Field[];
  displays: readonly ReturnType<typeof display>[];
  calc: string;
}) {
  return (
    <tfoot>
      <tr>
        {fields.map((field, i) => {
          const shown = field.type === 'number' ? displays[i]?.show(calculate(calc, field)) : undefined;
          return (
            <td key={i} class="number">
              {shown ? textOfShown(shown) : ''}
            </td>
          );
        })}
      </tr>
    </tfoot>
  );
}

function named(
  sort: TableSort | PlaceSort | undefined,
  frame: Frame,
  frames: readonly Frame[],
): TableSort | null {
  if (!sort || 'by' in sort) return sort ?? null;
  const field = frame.fields[sort.at];
  return field ? { by: nameOf(field, frame, frames), falling: sort.falling } : null;
}

function orderRows(frame: Frame, by: Field | undefined, falling: boolean): number[] {
  const rows = Array.from({ length: frame.length }, (_, row) => row);
  if (!by) return rows;
  const sign = falling ? -1 : 1;
  return rows.sort((a, b) => sign * compareValues(by.values[a] ?? null, by.values[b] ?? null));
}
