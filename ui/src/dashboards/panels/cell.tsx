// One cell of a table: text, coloured, as a bar, or as a link.
import type { Field, Frame, Value } from '../data/frame';
import { customRecord, customText } from '../field/config';
import { fade } from '../../plot/colours';
import { readable, textOn, type Shade } from '../field/colours';
import { textOfShown, type Display, type Shown } from '../field/display';
import { fillDataLinks } from '../links';
import { DocumentLink } from '../parts';
import { fieldScope } from '../variables/field-scope';
import type { Filling } from '../variables/interpolate';

interface Props {
  field: Field;
  frame: Frame;
  frames: readonly Frame[];
  row: number;
  display: Display;
  shade: Shade;
  filling: Filling | undefined;
}

/** The kind of a column's cells, in today's words and the older one's. */
function cellKind(field: Field): string {
  const options = customRecord(field, 'cellOptions');
  const kind = typeof options['type'] === 'string' ? options['type'] : customText(field, 'displayMode', 'auto');
  return (
    { 'gradient-gauge': 'gauge', 'lcd-gauge': 'gauge', basic: 'gauge', 'color-background-solid': 'color-background' }[
      kind
    ] ?? kind
  );
}

/** The cell. */
export function Cell({ field, frame, frames, row, display, shade, filling }: Props) {
  const value: Value = field.values[row] ?? null;
  const shown = display.show(value);
  const text = textOfShown(shown);
  const kind = cellKind(field);
  const links = filling
    ? fillDataLinks(
        field.config.links,
        filling,
        fieldScope(field, frame, frames, { row, text }, (_, other) => String(other ?? '')),
      )
    : [];
  const inside = links[0] ? <DocumentLink link={links[0]}>{text}</DocumentLink> : text;
  return (
    <td class={field.type === 'number' || kind === 'gauge' ? 'number' : ''} style={styleOf(kind, field, shown, shade)}>
      {kind === 'gauge' && Number.isFinite(shown.number) ? (
        <span class="dash-cell-gauge">
          <span class="dash-bar dash-bar-unfilled" aria-hidden="true">
            <span class="dash-bar-fill" style={{ width: `${shown.share * 100}%`, background: shown.colour }} />
          </span>
          <span>{inside}</span>
        </span>
      ) : (
        inside
      )}
    </td>
  );
}

/** Whether a column's colour is that of the whole row. */
export function coloursRow(field: Field): boolean {
  return cellKind(field) === 'color-background' && customRecord(field, 'cellOptions')['applyToRow'] === true;
}

/** The look of a row by the value that colours it. */
export function rowStyle(field: Field, shown: Shown): Record<string, string> {
  return field.type === 'time' ? {} : background(shown);
}

/** A background that cannot be seen leaves the text as it is. */
function background(shown: Shown): Record<string, string> {
  if (!shown.judged || shown.colour === '#00000000') return {};
  const soft = shown.colour.length > 7 ? shown.colour : fade(shown.colour, 1).slice(0, 7);
  return { background: soft, color: textOn(soft) };
}

function styleOf(kind: string, field: Field, shown: Shown, shade: Shade): Record<string, string> {
  const align = customText(field, 'align', 'auto');
  const side = align === 'auto' ? {} : { 'text-align': align };
  // A moment is neither good nor bad.
  if (field.type === 'time') return side;
  if (kind === 'color-background') return coloursRow(field) ? side : { ...side, ...background(shown) };
  if (kind === 'color-text') return { ...side, color: readable(shown.colour, shade) };
  return side;
}
