// Where a point of a graph leads: a press on it, or Enter on the button that only the keyboard finds, opens its links.
import { useEffect, useRef } from 'preact/hooks';
import { formatTimeWithZone } from '../../lib/time';
import { useBoard } from '../board';
import { timeField, type Frame } from '../data/frame';
import { textOfShown, type Display } from '../field/display';
import { fillDataLinks } from '../links';
import { DocumentLink } from '../parts';
import type { Plot, Pointed } from '../plot/draw';
import type { Column, Line } from '../plot/lines';
import { fieldScope } from '../variables/field-scope';
import type { Filling } from '../variables/interpolate';

interface Props {
  /** Those that are drawn. */
  lines: readonly Line[];
  /** Of all lines. */
  displays: readonly Display[];
  /** Seconds. */
  times: readonly number[];
  frames: readonly Frame[];
  filling: Filling;
  pointed: Pointed | null;
  /** The point whose links are open. */
  chosen: Pointed | null;
  onChosen: (chosen: Pointed | null) => void;
  plot: { readonly current: Plot | null };
}

const hasLinks = ({ field }: Line): boolean => (field.config.links ?? []).length > 0;

/** The button and the menu. */
export function PointLinks(props: Props) {
  const { lines, chosen, pointed, onChosen, plot } = props;
  const button = useRef<HTMLButtonElement>(null);
  const last = useRef<Pointed | null>(null);
  const step = (key: string) => {
    const linked = lines.flatMap((line, i) => (hasLinks(line) ? [i] : []));
    const now = pointed ?? last.current;
    const by = { ArrowUp: 1, ArrowDown: -1 }[key] ?? 0;
    const place = Math.max(0, linked.indexOf(now?.nearest ?? -1));
    const line = linked[(place + by + linked.length) % linked.length];
    if (line === undefined) return;
    const index = neighbour(lines[line]?.column ?? [], now?.index, key);
    if (index !== null) plot.current?.pointTo(index, line);
  };
  useEffect(() => {
    if (pointed && pointed.nearest >= 0) last.current = pointed;
  }, [pointed]);
  return (
    <>
      <button
        ref={button}
        type="button"
        class="button dash-points"
        aria-expanded={chosen !== null}
        onFocus={() => step('')}
        onBlur={() => plot.current?.pointTo(0, null)}
        onKeyDown={(event) => {
          if (!event.key.startsWith('Arrow')) return;
          event.preventDefault();
          step(event.key);
        }}
        onClick={() => onChosen(pointed)}
      >
        Links of points: arrow keys choose one
      </button>
      {chosen && (
        <Menu
          {...props}
          chosen={chosen}
          onClose={(back) => {
            onChosen(null);
            if (back) button.current?.focus();
          }}
        />
      )}
    </>
  );
}

/** The point that a key leads to; the last one where nothing was pointed at yet. */
function neighbour(column: Column, from: number | undefined, key: string): number | null {
  const has = (index: number) => column[index] !== null && column[index] !== undefined;
  const next = (start: number, by: number): number | null => {
    for (let index = start + by; index >= 0 && index < column.length; index += by) if (has(index)) return index;
    return has(start) ? start : null;
  };
  if (from === undefined) return next(column.length, -1);
  if (key === 'ArrowLeft') return next(from, -1);
  if (key === 'ArrowRight') return next(from, 1);
  return has(from) ? from : next(column.length, -1);
}

function Menu({ lines, displays, times, frames, filling, chosen, onClose }: Props & {
  chosen: Pointed;
  /** Whether the keyboard goes back to the button. */
  onClose: (back: boolean) => void;
}) {
  const { zone } = useBoard();
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    box.current?.querySelector('a')?.focus();
    const outside = ({ target }: Event) => {
      if (target instanceof Node && !box.current?.contains(target)) close.current(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close.current(true);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', escape, true);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', escape, true);
    };
  }, [chosen]);
  const line = lines[chosen.nearest];
  const display = line && displays[line.index];
  if (!line || !display || !hasLinks(line)) return null;
  const { field, frame, name } = line;
  const timeMs = Math.round((times[chosen.index] ?? 0) * 1000);
  const row = timeField(frame)?.values.indexOf(timeMs) ?? -1;
  const value = field.values[row] ?? null;
  const text = textOfShown(display.show(value));
  const links = fillDataLinks(field.config.links, filling, fieldScope(field, frame, frames, { row, text }));
  const { left, top, width } = chosen;
  const side = left > width / 2 ? { right: `${width - left + 4}px` } : { left: `${left + 4}px` };
  return (
    <div ref={box} class="dash-tooltip dash-point-menu" role="group" aria-label={`Links of ${name}`} style={{ top: `${Math.max(0, top - 16)}px`, ...side }}>
      <div class="dash-tooltip-time">{formatTimeWithZone(timeMs, zone)}</div>
      <div class="dash-tooltip-row dash-tooltip-strong">
        <span class="swatch" style={{ '--swatch': display.colour }} />
        <span class="dash-tooltip-name">{name}</span>
        <span class="dash-tooltip-value">{text}</span>
      </div>
      <ul>
        {links.map((link, i) => (
          <li key={i}>
            <DocumentLink link={link} />
          </li>
        ))}
        {links.length === 0 && <li class="soft">Its links lead nowhere that a browser may go to.</li>}
      </ul>
    </div>
  );
}
