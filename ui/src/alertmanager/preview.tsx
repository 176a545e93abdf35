// The alerts that a silence would hold for now.
import { useMemo } from 'preact/hooks';
import type { GettableAlert } from '../api/alertmanager';
import { useAlertmanager } from '../api/use-alertmanager';
import { formatCount } from '../lib/number';
import { LabelList } from '../parts/label-list';
import { Notice } from '../parts/notice';
import { holds, type Matcher } from './matchers';

/** Alerts drawn at once. */
const MAX_SHOWN = 50;

/** Time between two looks, in milliseconds. */
const EVERY_MS = 15_000;

/** The list; an unfinished silence holds for nothing. */
export function Preview({ matchers }: { matchers: readonly Matcher[] }) {
  const { data } = useAlertmanager<GettableAlert[]>('alerts', {}, EVERY_MS);
  const named = matchers.filter(({ name }) => name !== '');
  const all = data ?? [];
  const hit = useMemo(
    () => (named.length === 0 ? [] : all.filter(({ labels }) => holds(named, labels))),
    [data, matchers],
  );
  return (
    <section class="card preview" aria-live="polite">
      <h2>
        Holds for {formatCount(hit.length)} of {formatCount(all.length)} alerts
      </h2>
      {hit.length > 1 && hit.length === all.length && (
        <Notice tone="warn" title="That is all of them.">
          Nobody would be told of anything that fires now.
        </Notice>
      )}
      <ul class="preview-list">
        {hit.slice(0, MAX_SHOWN).map((alert) => (
          <li key={alert.fingerprint}><LabelList labels={alert.labels} /></li>
        ))}
      </ul>
      {hit.length > MAX_SHOWN && <p class="soft preview-more">{formatCount(hit.length - MAX_SHOWN)} more</p>}
      {hit.length === 0 && <p class="soft preview-more">No alert that fires now fits.</p>}
    </section>
  );
}
