// Filters for every query of the page: label, operator, value.
import { useState } from 'preact/hooks';
import { useAnswer } from '../../api/use-answer';
import { Icon } from '../../parts/icon';
import { Popover } from '../parts';
import { formatFilter, parseFilter, type AdhocFilter } from './adhoc';

/** The filters as chips, and a button that adds one. */
export function AdhocFilters({
  values,
  onChange,
}: {
  values: readonly string[];
  onChange: (values: readonly string[]) => void;
}) {
  const given = values.filter((value) => parseFilter(value));
  return (
    <div class="dash-filters">
      {given.map((value) => {
        const { label, operator, value: wanted } = parseFilter(value) ?? { label: '', operator: '=', value: '' };
        const text = `${label} ${operator} ${wanted}`;
        return (
          <button
            key={value}
            type="button"
            class="button"
            aria-label={`Remove the filter ${text}`}
            onClick={() => onChange(given.filter((one) => one !== value))}
          >
            {text} <Icon name="close" />
          </button>
        );
      })}
      <Popover label="Add a filter" icon="plus">
        {(close) => (
          <NewFilter
            onAdd={(filter) => {
              onChange([...given, formatFilter(filter)]);
              close();
            }}
          />
        )}
      </Popover>
    </div>
  );
}

function NewFilter({ onAdd }: { onAdd: (filter: AdhocFilter) => void }) {
  const [filter, setFilter] = useState<AdhocFilter>({ label: '', operator: '=', value: '' });
  const labels = useAnswer<string[]>('labels');
  const values = useAnswer<string[]>(filter.label ? `label/${encodeURIComponent(filter.label)}/values` : 'labels');
  const submit = (event: Event) => {
    event.preventDefault();
    if (filter.label !== '') onAdd(filter);
  };
  return (
    <form class="dash-new-filter" onSubmit={submit}>
      <input
        aria-label="Label"
        placeholder="Label"
        list="dash-labels"
        value={filter.label}
        autoFocus
        onInput={(event) => setFilter({ ...filter, label: event.currentTarget.value })}
      />
      <datalist id="dash-labels">
        {labels.data?.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <select
        aria-label="Operator"
        value={filter.operator}
        onChange={(event) => setFilter({ ...filter, operator: event.currentTarget.value as AdhocFilter['operator'] })}
      >
        {['=', '!=', '=~', '!~'].map((sign) => (
          <option key={sign}>{sign}</option>
        ))}
      </select>
      <input
        aria-label="Value"
        placeholder="Value"
        list="dash-values"
        value={filter.value}
        onInput={(event) => setFilter({ ...filter, value: event.currentTarget.value })}
      />
      <datalist id="dash-values">
        {filter.label && values.data?.slice(0, 500).map((name) => <option key={name} value={name} />)}
      </datalist>
      <button type="submit" class="button button-main">
        Add
      </button>
    </form>
  );
}
