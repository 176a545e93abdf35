// Labels as chips.
import type { Labels } from '../lib/labels';

/** The list; `plain` is for labels before relabelling. */
export function LabelList({ labels, plain = false }: { labels: Labels; plain?: boolean }) {
  return (
    <ul class={plain ? 'labels labels-plain' : 'labels'}>
      {Object.entries(labels)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => (
          <li key={name}>
            <span class="series-label">{name}</span>=<span class="series-value">"{value}"</span>
          </li>
        ))}
    </ul>
  );
}
