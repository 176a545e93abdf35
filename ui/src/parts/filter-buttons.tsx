// A row of buttons that each keep one kind of thing in a list, with how many there are.
import type { ComponentChildren } from 'preact';
import { formatCount } from '../lib/number';

interface Props<T extends string> {
  /** Read by screen readers. */
  name: string;
  options: readonly T[];
  chosen: readonly T[];
  counts: Readonly<Record<T, number>>;
  draw: (option: T) => ComponentChildren;
  onChange: (chosen: T[]) => void;
}

/** The row; with none pressed all are kept. */
export function FilterButtons<T extends string>(props: Props<T>) {
  const { name, options, chosen, counts, draw, onChange } = props;
  const toggle = (option: T) =>
    onChange(chosen.includes(option) ? chosen.filter((other) => other !== option) : [...chosen, option]);
  return (
    <div class="filter-buttons" role="group" aria-label={name}>
      {options.map((option) => (
        <button key={option} type="button" aria-pressed={chosen.includes(option)} onClick={() => toggle(option)}>
          {draw(option)} <strong>{formatCount(counts[option])}</strong>
        </button>
      ))}
    </div>
  );
}
