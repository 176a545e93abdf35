// Names that a link, a title or a display name may use of one field and one of its values:
// `${__field.labels.x}`, `${__series.name}`, `${__value.text}`, `${__data.fields["x"]}`.
import { textOf, type Field, type Frame, type Value } from '../data/frame';
import { nameOf } from '../data/names';
import { formatChosen } from './format';
import type { Scope } from './interpolate';

/** A value of a field, as it is shown. */
export interface CellOf {
  row: number;
  text: string;
}

/** The names of a field, and of one cell where there is one. */
export function fieldScope(
  field: Field,
  frame: Frame,
  frames: readonly Frame[],
  cell?: CellOf,
  show?: (field: Field, value: Value) => string,
): Scope {
  return (name, path, format) => {
    const found = resolve(name, path.replace(/^\./, ''));
    if (found === undefined || format === '') return found;
    return formatChosen({ name, values: [found], texts: [found], pattern: false, all: null }, format);
  };

  function resolve(name: string, path: string): string | undefined {
    switch (name) {
      case '__field':
        return ofField(path);
      case '__series':
        return path === 'name' ? (field.legend ?? nameOf(field, frame, frames)) : undefined;
      case '__value':
        return cell && ofValue(path, cell);
      case '__data':
        return cell && ofData(path.replace(/^fields/, ''), cell.row);
      default:
        return undefined;
    }
  }

  function ofField(path: string): string | undefined {
    if (path === 'name') return field.name;
    if (path === 'displayName') return field.legend ?? nameOf(field, frame, frames);
    if (path === 'labels')
      return Object.entries(field.labels ?? {})
        .map(([k, v]) => `${k}="${v}"`)
        .join(', ');
    const label = /^labels(?:\.(.+)|\["?(.*?)"?\])$/.exec(path);
    return label ? (field.labels?.[label[1] ?? label[2] ?? ''] ?? '') : undefined;
  }

  function ofValue(path: string, { row, text }: CellOf): string | undefined {
    const value = field.values[row];
    if (path === 'time') return textOf(frame.fields.find(({ type }) => type === 'time')?.values[row]);
    if (path === 'text' || path === '') return text;
    return path === 'raw' || path === 'numeric' ? textOf(value) : undefined;
  }

  function ofData(path: string, row: number): string | undefined {
    const found = /^(?:\.([^.[\]]+)|\["(.*?)"\]|\[(\d+)\])(?:\.(text|numeric|raw))?$/.exec(path);
    if (!found) return undefined;
    const key = found[1] ?? found[2] ?? found[3] ?? '';
    const other =
      found[3] !== undefined
        ? frame.fields[Number(key)]
        : (frame.fields.find((one) => one.name === key || nameOf(one, frame, frames) === key) ??
          frame.fields[/^\d+$/.test(key) ? Number(key) : -1]);
    const value = other?.values[row] ?? null;
    return other && found[4] === 'text' && show ? show(other, value) : textOf(value);
  }
}
