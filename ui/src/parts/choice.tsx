// A few exclusive choices in one row, as a group of radio-like buttons.

/** One of the choices. */
export interface Option<T> {
  value: T;
  label: string;
}

/** The group; `name` is read by screen readers. */
export function Choice<T extends string>({ name, options, value, onChange }: {
  name: string;
  options: readonly Option<T>[];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <div class="choice" role="group" aria-label={name}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
