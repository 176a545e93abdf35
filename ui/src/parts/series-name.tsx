// A series' name with its labels told apart, as text that can be copied into a query.
import { memo } from './memo';
import { quote, sortedPairs, type Labels } from '../lib/labels';

/** The name. */
export const SeriesName = memo(({ labels }: { labels: Labels }) => {
  const name = labels['__name__'] ?? '';
  const pairs = sortedPairs(labels);
  return (
    <span class="series-name">
      {name && <span class="series-metric">{name}</span>}
      {(pairs.length > 0 || name === '') && '{'}
      {pairs.map(([label, value], index) => (
        <span key={label}>
          {index > 0 && ', '}
          <span class="series-label">{label}</span>=<span class="series-value">{quote(value)}</span>
        </span>
      ))}
      {(pairs.length > 0 || name === '') && '}'}
    </span>
  );
});
