// Exemplars over a graph: a diamond each, with what is known of it where it is pointed at or focused. Arrow keys go from
// one to the next, Tab to what can be done with it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatTimeWithZone, type Zone } from '../lib/time';
import { CopyButton } from '../parts/copy-button';
import { SeriesName } from '../parts/series-name';
import { isTrace, type Exemplar } from './exemplars';
import type { Place, Placed } from './place';

interface Props {
  exemplars: readonly Exemplar[];
  place: Place;
  /** Of the plot, pixels. */
  width: number;
  zone: Zone;
  write: (value: number) => string;
}

/** How long the box stays while the pointer is on its way into it, milliseconds. */
const WAIT_MS = 250;

/** The diamonds and the box of one of them. */
export function ExemplarLayer({ exemplars, place, width, zone, write }: Props) {
  const [at, setAt] = useState<number | null>(null);
  const [stop, setStop] = useState(0);
  const layer = useRef<HTMLDivElement>(null);
  const timer = useRef(0);
  const show = (next: number | null, wait = 0) => {
    clearTimeout(timer.current);
    if (wait > 0) timer.current = window.setTimeout(() => setAt(next), wait);
    else setAt(next);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => show(null), [exemplars]);

  const keys = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape' && at !== null) {
      event.stopPropagation();
      focus(stop);
      show(null);
    } else if (by !== undefined && event.target instanceof HTMLElement && event.target.classList.contains('exemplar')) {
      event.preventDefault();
      focus(Math.max(0, Math.min(exemplars.length - 1, stop + by)));
    }
  };
  const focus = (next: number) => {
    setStop(next);
    layer.current?.querySelectorAll<HTMLElement>('.exemplar')[next]?.focus();
  };
  const open = at === null ? undefined : exemplars[at];
  return (
    <div
      ref={layer}
      class="exemplars"
      role="group"
      aria-label={`${exemplars.length} exemplars; arrow keys go from one to the next`}
      onKeyDown={keys}
      onPointerLeave={() => show(null, WAIT_MS)}
      onFocusOut={(event) => {
        if (!(event.relatedTarget instanceof Node && layer.current?.contains(event.relatedTarget))) show(null);
      }}
    >
      {exemplars.map((exemplar, i) => {
        const { left, top, beyond } = place(exemplar.timeMs / 1000, exemplar.value);
        return (
          <button
            key={i}
            type="button"
            class={beyond ? 'exemplar exemplar-beyond' : 'exemplar'}
            style={{ left: `${left}px`, top: `${top}px` }}
            tabIndex={i === Math.min(stop, exemplars.length - 1) ? 0 : -1}
            aria-label={`Exemplar ${write(exemplar.value)} at ${formatTimeWithZone(exemplar.timeMs, zone)}`}
            aria-expanded={i === at}
            onPointerEnter={() => show(i)}
            onPointerLeave={() => show(null, WAIT_MS)}
            onFocus={() => {
              setStop(i);
              show(i);
            }}
            onClick={() => show(i)}
          />
        );
      })}
      {open && (
        <Box
          exemplar={open}
          placed={place(open.timeMs / 1000, open.value)}
          width={width}
          zone={zone}
          write={write}
          onStay={() => show(at)}
        />
      )}
    </div>
  );
}

function Box({ exemplar, placed, width, zone, write, onStay }: {
  exemplar: Exemplar;
  placed: Placed;
  width: number;
  zone: Zone;
  write: (value: number) => string;
  onStay: () => void;
}) {
  const { left, top } = placed;
  const side = left > width / 2 ? { right: `${width - left + 10}px` } : { left: `${left + 10}px` };
  return (
    <div class="tooltip exemplar-box" style={{ top: `${Math.max(0, top - 20)}px`, ...side }} onPointerEnter={onStay}>
      <div class="tooltip-time">{formatTimeWithZone(exemplar.timeMs, zone)}</div>
      <div class="tooltip-value">
        Exemplar <strong>{write(exemplar.value)}</strong>
        {placed.beyond && ' – beyond the axis'}
      </div>
      <ExemplarLabels exemplar={exemplar} copy />
      <SeriesName labels={exemplar.series} />
    </div>
  );
}

/** What an exemplar says of its event; addresses can be followed, traces copied. */
export function ExemplarLabels({ exemplar, copy = false }: { exemplar: Exemplar; copy?: boolean }) {
  return (
    <dl class="tooltip-labels">
      {Object.entries(exemplar.labels).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {/^https?:\/\//i.test(value) ? <a href={value} target="_blank" rel="noreferrer">{value}</a> : value}
            {copy && isTrace(name) && <CopyButton label="Copy" text={() => value} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}
