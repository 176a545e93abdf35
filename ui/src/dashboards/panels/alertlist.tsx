// Alerts that fire or wait, as the rules of this server have them.
import { moment, type RulesData } from '../../api/rules';
import { useAnswer } from '../../api/use-answer';
import { useBoard } from '../board';
import { Link } from '../../parts/link';
import { Moment } from '../../parts/moment';
import { Failure } from '../../parts/notice';
import { interpolate } from '../variables/interpolate';
import { optionRecord, type PanelProps } from './props';
import { useEffect } from 'preact/hooks';

/** Alerts shown at most. */
const MAX_SHOWN = 100;

const WORDS = { firing: '▲ firing', pending: '◔ pending' } as const;

/** The panel. */
export function AlertList({ panel, filling }: PanelProps) {
  const { turn } = useBoard();
  const rules = useAnswer<RulesData>('rules', { type: 'alert' });
  useEffect(() => {
    if (turn > 0) rules.reload();
  }, [turn]);
  if (rules.error) return <Failure error={rules.error} retry={rules.reload} />;
  const filter = optionRecord(panel, 'stateFilter');
  const name = interpolate(String(panel.options['alertName'] ?? ''), filling, 'text').toLowerCase();
  const most = typeof panel.options['maxItems'] === 'number' ? panel.options['maxItems'] : 20;
  const alerts = (rules.data?.groups ?? [])
    .flatMap((group) => group.rules)
    .flatMap((rule) => (rule.type === 'alerting' ? rule.alerts.map((alert) => ({ alert, name: rule.name })) : []))
    .filter((one) => one.name.toLowerCase().includes(name))
    .filter(({ alert }) =>
      alert.state === 'firing' ? filter['firing'] !== false : alert.state === 'pending' && filter['pending'] !== false,
    )
    .sort((a, b) => (moment(b.alert.activeAt) ?? 0) - (moment(a.alert.activeAt) ?? 0));
  if (!rules.loading && alerts.length === 0) return <p class="dash-empty">No alerts.</p>;
  return (
    <ul class="dash-list" tabIndex={0} aria-label="Alerts">
      {alerts.slice(0, Math.min(most, MAX_SHOWN)).map(({ alert, name: title }, i) => (
        <li key={i}>
          <span class={alert.state === 'firing' ? 'mark mark-down' : 'mark mark-unknown'}>
            {alert.state === 'firing' ? WORDS.firing : WORDS.pending}
          </span>
          <Link path="alerts" search={`search=${encodeURIComponent(title)}`}>
            {title}
          </Link>
          <span class="soft dash-list-more">
            {alert.annotations['summary'] ??
              Object.entries(alert.labels)
                .filter(([label]) => label !== 'alertname')
                .map(([label, value]) => `${label}=${value}`)
                .join(' ')}
          </span>
          <span class="soft">
            since <Moment ms={moment(alert.activeAt)} />
          </span>
        </li>
      ))}
    </ul>
  );
}
