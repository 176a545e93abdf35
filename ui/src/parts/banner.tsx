// One line below the header while the server is not well.
import { useServerState, type ServerState } from '../api/server-state';
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone, type Zone } from '../lib/time';
import { Notice } from './notice';

/** The banner, or nothing. */
export function Banner() {
  const state = useServerState();
  const where = useStore(zone);
  if (state.kind === 'well') return null;
  return <div class="banner">{message(state, where)}</div>;
}

function message(state: Exclude<ServerState, { kind: 'well' }>, where: Zone) {
  switch (state.kind) {
    case 'unreachable':
      return (
        <Notice tone="bad" title="The server does not answer.">
          What you see may be old. Trying again every few seconds; check that the process runs and
          that this address still leads to it.
        </Notice>
      );
    case 'starting': {
      const replay = state.replay;
      return (
        <Notice tone="warn" title="The server is starting.">
          {replay && replay.max > replay.min
            ? `It reads its log back: segment ${replay.current} of ${replay.max}. `
            : 'It is not ready for queries yet. '}
          This page goes on by itself.
        </Notice>
      );
    }
    case 'reload-failed': {
      const since = Date.parse(state.since);
      return (
        <Notice tone="warn" title="The last reload of the configuration failed.">
          The server goes on with the configuration
          {Number.isNaN(since) ? ' it had before. ' : ` of ${formatTimeWithZone(since, where)}. `}
          {state.error || 'The log says what is wrong in the file.'}
        </Notice>
      );
    }
    case 'warned':
      return (
        <Notice tone="warn" title="The server needs a look.">
          {state.warnings.join(' ')}
        </Notice>
      );
  }
}
