// Who keeps firing alerts quiet: what Alertmanager says of the alerts that rules sent it.
import { useMemo } from 'preact/hooks';
import { useAlertmanager } from '../api/use-alertmanager';
import type { GettableAlert } from '../api/alertmanager';
import type { Labels } from '../lib/labels';

export interface Suppressed {
  /** Whether this server routes alerts itself. */
  known: boolean;
  /** Why an alert of a rule with these labels is not told of; undefined where it is. */
  find: (labels: Labels) => string | undefined;
}

/** Asks every `everyMs` milliseconds. */
export function useSuppressed(everyMs: number): Suppressed {
  const { data, error } = useAlertmanager<GettableAlert[]>('alerts', { active: 'false' }, everyMs);
  return useMemo(() => {
    const byName = new Map<string, GettableAlert[]>();
    for (const alert of data ?? []) {
      const name = alert.labels['alertname'] ?? '';
      const list = byName.get(name);
      if (list) list.push(alert);
      else byName.set(name, [alert]);
    }
    // External labels are added on the way, so that the sent alert has all labels and more.
    const find = (labels: Labels) =>
      reason(
        byName
          .get(labels['alertname'] ?? '')
          ?.find((sent) => Object.entries(labels).every(([name, value]) => sent.labels[name] === value)),
      );
    return { known: data !== undefined && !error, find };
  }, [data, error]);
}

function reason(alert: GettableAlert | undefined): string | undefined {
  if (!alert) return undefined;
  const { silencedBy, inhibitedBy, mutedBy } = alert.status;
  if (silencedBy.length > 0) return 'silenced';
  if (inhibitedBy.length > 0) return 'inhibited';
  if (mutedBy.length > 0) return 'muted';
  return undefined;
}
