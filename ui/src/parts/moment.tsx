// A moment: how long ago it was, and exactly on hovering.
import { formatAgo } from '../lib/duration';
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone } from '../lib/time';

/** The moment in milliseconds since the epoch; `never` where there was none. */
export function Moment({ ms, never = 'never' }: { ms: number | undefined; never?: string }) {
  const where = useStore(zone);
  if (ms === undefined) return <>{never}</>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={formatTimeWithZone(ms, where)}>
      {formatAgo(ms, Date.now())}
    </time>
  );
}
