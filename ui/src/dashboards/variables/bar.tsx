// The variables of a page, above its panels, and the marks that can be switched off.
import type { Annotation } from '../model';
import { AdhocFilters } from './adhoc-filters';
import { ALL, type VariableState } from './choose';
import { VariablePicker } from './picker';
import { useEffect, useState } from 'preact/hooks';

/** The bar, or nothing where there is nothing to choose. */
export function VariableBar({
  states,
  onChange,
  annotations,
  off,
  onOff,
}: {
  states: readonly VariableState[];
  onChange: (name: string, values: readonly string[]) => void;
  annotations: readonly Annotation[];
  off: ReadonlySet<string>;
  onOff: (off: ReadonlySet<string>) => void;
}) {
  const shown = states.filter(({ variable }) => variable.hide !== 'variable' && variable.kind !== 'constant');
  const marks = annotations.filter(({ hide, expr }) => !hide && expr.trim() !== '');
  if (shown.length + marks.length === 0) return null;
  return (
    <div class="dash-variables" role="group" aria-label="Variables">
      {shown.map((state) => (
        <div key={state.variable.name} class="dash-variable" title={state.variable.description}>
          {state.variable.hide !== 'label' && (
            <span class="dash-variable-label" aria-hidden="true">
              {labelOf(state)}
            </span>
          )}
          <Field state={state} onChange={(values) => onChange(state.variable.name, values)} />
        </div>
      ))}
      {marks.map(({ name }) => (
        <label key={name} class="dash-annotation">
          <input
            type="checkbox"
            checked={!off.has(name)}
            onChange={() => {
              const next = new Set(off);
              if (!next.delete(name)) next.add(name);
              onOff(next);
            }}
          />
          {name}
        </label>
      ))}
    </div>
  );
}

function labelOf({ variable }: VariableState): string {
  return variable.label || variable.name;
}

function Field({ state, onChange }: { state: VariableState; onChange: (values: readonly string[]) => void }) {
  const { variable, options, selected } = state;
  if (variable.kind === 'textbox')
    return <TextField label={labelOf(state)} value={selected[0] ?? ''} onChange={(text) => onChange([text])} />;
  if (variable.kind === 'adhoc') return <AdhocFilters values={selected} onChange={onChange} />;
  if (variable.multi || variable.includeAll || options.length > 12)
    return <VariablePicker state={state} label={labelOf(state)} onChange={onChange} />;
  const known = options.some(({ value }) => value === selected[0]);
  return (
    <select
      aria-label={labelOf(state)}
      value={selected[0] ?? ''}
      onChange={(event) => onChange([event.currentTarget.value])}
    >
      {!known && <option value={selected[0] ?? ''}>{selected[0] === ALL ? 'All' : (selected[0] ?? 'none')}</option>}
      {options.map(({ text, value }) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

function TextField({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const commit = () => {
    if (text !== value) onChange(text);
  };
  return (
    <input
      type="text"
      class="dash-text-field"
      aria-label={label}
      value={text}
      spellcheck={false}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
      }}
    />
  );
}
