// Whether the server is well, for the banner: asked on a timer, from the runtime information.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, get } from './client';
import type { RuntimeInfo, WalReplay } from './types';

export type ServerState =
  | { kind: 'well' }
  | { kind: 'unreachable' }
  | { kind: 'starting'; replay: WalReplay | undefined }
  | { kind: 'reload-failed'; since: string; error: string }
  | { kind: 'warned'; warnings: readonly string[] };

/** Time between two questions, in milliseconds; shorter while something is wrong. */
const CALM_MS = 15_000;
const WORRIED_MS = 3000;

/** Follows the server's state. */
export function useServerState(): ServerState {
  const [state, setState] = useState<ServerState>({ kind: 'well' });
  useEffect(() => {
    let timer = 0;
    let stopped = false;
    const turn = async () => {
      const next = document.hidden ? undefined : await ask();
      if (stopped) return;
      if (next) setState(next);
      timer = window.setTimeout(turn, next && next.kind !== 'well' ? WORRIED_MS : CALM_MS);
    };
    void turn();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, []);
  return state;
}

async function ask(): Promise<ServerState> {
  try {
    const { data } = await get<RuntimeInfo>('status/runtimeinfo');
    if (data['reloadConfigSuccess'] === false) {
      return {
        kind: 'reload-failed',
        since: String(data['lastConfigTime'] ?? ''),
        error: String(data['reloadConfigError'] ?? ''),
      };
    }
    const warnings = data['warnings'];
    if (Array.isArray(warnings) && warnings.length > 0) return { kind: 'warned', warnings };
    return { kind: 'well' };
  } catch (reason) {
    if (reason instanceof ApiError && reason.status === 503) {
      return { kind: 'starting', replay: await replay() };
    }
    // Any other answer comes from a living server; the pages show what it said.
    const dead = reason instanceof ApiError && (reason.status === 0 || reason.status === 502);
    return { kind: dead ? 'unreachable' : 'well' };
  }
}

async function replay(): Promise<WalReplay | undefined> {
  try {
    return (await get<WalReplay>('status/walreplay')).data;
  } catch {
    return undefined;
  }
}
