// The push gateway's answers: groups of metrics that jobs pushed.
import { PREFIX } from '../lib/prefix';
import type { Labels } from '../lib/labels';
import { ApiError } from '../api/client';

/** Where the push gateway is, below this server. */
const GATEWAY = `${PREFIX}pushgateway`;

export interface PushedFamily {
  name: string;
  type: string;
  help: string;
  /** When it was pushed. */
  at: string;
  metrics: { labels: Labels; value?: string; count?: string; sum?: string }[];
}

export interface PushedGroup {
  labels: Labels;
  /** Whether the last push to it was taken. */
  well: boolean;
  /** Milliseconds since the epoch; null where there was none. */
  pushedAt: number | null;
  failedAt: number | null;
  /** When it goes by itself. */
  expires: string | null;
  families: PushedFamily[];
}

type Given = Record<string, unknown> & { labels: Labels; last_push_successful: boolean; expires?: string };
type GivenFamily = { type: string; help?: string; time_stamp: string; metrics: PushedFamily['metrics'] };

/** All groups. */
export async function groups(signal: AbortSignal): Promise<PushedGroup[]> {
  const text = await send('/api/v1/metrics', { signal });
  return (JSON.parse(text) as { data: Given[] }).data.map(read);
}

/** Removes a group. */
export async function removeGroup(labels: Labels): Promise<void> {
  await send(`/metrics${address(labels)}`, { method: 'DELETE' });
}

async function send(path: string, init: RequestInit): Promise<string> {
  const response = await fetch(GATEWAY + path, init);
  const text = await response.text();
  if (!response.ok) throw new ApiError(text.trim().slice(0, 300) || response.statusText, 'http', response.status);
  return text;
}

function read({ labels, last_push_successful: well, expires, ...rest }: Given): PushedGroup {
  const families = Object.entries(rest).map(([name, value]): PushedFamily => {
    const { type, help = '', time_stamp: at, metrics } = value as GivenFamily;
    return { name, type: type.toLowerCase(), help, at, metrics };
  });
  const moment = (name: string) => {
    const seconds = Number(families.find((family) => family.name === name)?.metrics[0]?.value ?? 0);
    return seconds > 0 ? seconds * 1000 : null;
  };
  return {
    labels,
    well,
    pushedAt: moment('push_time_seconds'),
    failedAt: moment('push_failure_time_seconds'),
    expires: expires ?? null,
    families: families.filter(({ name }) => name !== 'push_time_seconds' && name !== 'push_failure_time_seconds'),
  };
}

/** The path of a group, every value in base64: that way any can be told. */
function address(labels: Labels): string {
  const { job = '', ...others } = labels;
  const part = ([name, value]: [string, string]) => `/${name}@base64/${base64(value)}`;
  return [['job', job] as [string, string], ...Object.entries(others)].map(part).join('');
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  // A single sign of padding is the empty value.
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_') || '=';
}
