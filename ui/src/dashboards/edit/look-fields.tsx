// Unit, decimals, limits and thresholds of a panel.
import { Icon } from '../../parts/icon';
import { COMMON_UNITS } from '../field/units';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../field/thresholds';
import type { FieldConfig } from '../model';

const COLOURS = [
  'green',
  'yellow',
  'orange',
  'red',
  'blue',
  'purple',
  'text',
  'semi-dark-green',
  'semi-dark-orange',
  'semi-dark-red',
  'light-blue',
];

/** The fields. */
export function LookFields({ config, onChange }: { config: FieldConfig; onChange: (config: FieldConfig) => void }) {
  const number = (key: 'decimals' | 'min' | 'max', label: string) => (
    <label class="form-field">
      <span>{label}</span>
      <input
        type="number"
        step="any"
        value={config[key] ?? ''}
        placeholder="auto"
        onInput={(event) => {
          const { [key]: _old, ...rest } = config;
          const value = event.currentTarget.valueAsNumber;
          onChange(Number.isNaN(value) ? rest : { ...rest, [key]: value });
        }}
      />
    </label>
  );
  return (
    <div class="dash-edit-fields">
      <label class="form-field">
        <span>Unit</span>
        <input
          list="dash-units"
          value={config.unit ?? ''}
          placeholder="none"
          onInput={(event) => onChange({ ...config, unit: event.currentTarget.value })}
        />
        <datalist id="dash-units">
          {COMMON_UNITS.map((unit) => (
            <option key={unit} value={unit} />
          ))}
        </datalist>
      </label>
      {number('decimals', 'Decimals')}
      {number('min', 'Min')}
      {number('max', 'Max')}
      <ThresholdFields
        thresholds={config.thresholds ?? DEFAULT_THRESHOLDS}
        onChange={(thresholds) => onChange({ ...config, thresholds })}
      />
    </div>
  );
}

function ThresholdFields({
  thresholds,
  onChange,
}: {
  thresholds: Thresholds;
  onChange: (thresholds: Thresholds) => void;
}) {
  const { steps } = thresholds;
  const change = (at: number, part: Partial<Thresholds['steps'][number]>) =>
    onChange({ ...thresholds, steps: steps.map((step, i) => (i === at ? { ...step, ...part } : step)) });
  return (
    <fieldset class="dash-edit-wide dash-edit-thresholds">
      <legend>Thresholds{thresholds.mode === 'percentage' ? ', in percent of the way from min to max' : ''}</legend>
      {steps.map((step, i) => (
        <div key={i}>
          {step.value === null ? (
            <span class="soft">Base</span>
          ) : (
            <input
              type="number"
              step="any"
              aria-label={`Threshold ${i}`}
              value={step.value}
              onInput={(event) => {
                const value = event.currentTarget.valueAsNumber;
                if (!Number.isNaN(value)) change(i, { value });
              }}
            />
          )}
          <input
            list="dash-colours"
            aria-label={`Colour of threshold ${i}`}
            value={step.color}
            onInput={(event) => change(i, { color: event.currentTarget.value })}
          />
          {step.value !== null && (
            <button
              type="button"
              class="button"
              aria-label={`Remove threshold ${i}`}
              onClick={() => onChange({ ...thresholds, steps: steps.toSpliced(i, 1) })}
            >
              <Icon name="close" />
            </button>
          )}
        </div>
      ))}
      <datalist id="dash-colours">
        {COLOURS.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <button
        type="button"
        class="button"
        onClick={() =>
          onChange({ ...thresholds, steps: [...steps, { value: (steps.at(-1)?.value ?? 0) + 10, color: 'red' }] })
        }
      >
        <Icon name="plus" /> Add
      </button>
    </fieldset>
  );
}
