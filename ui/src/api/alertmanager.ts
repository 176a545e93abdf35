// Alertmanager's API v2: plain JSON without an envelope, errors as plain text.
import { ALERTMANAGER_API } from '../lib/prefix';
import type { Labels } from '../lib/labels';
import { ApiError } from './client';

/** Query parameters; a list is repeated. */
export type Filters = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Who has taken an alert on: Argand's own. */
export interface Acknowledgement {
  at: string;
  endsAt?: string;
  createdBy: string;
  comment: string;
}

export interface AlertStatus {
  state: 'unprocessed' | 'active' | 'suppressed';
  silencedBy: string[];
  inhibitedBy: string[];
  mutedBy: string[];
  acknowledged?: Acknowledgement;
}

export interface GettableAlert {
  labels: Labels;
  annotations: Labels;
  fingerprint: string;
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  generatorURL?: string;
  receivers: { name: string }[];
  status: AlertStatus;
}

export interface AlertGroup {
  labels: Labels;
  receiver: { name: string };
  alerts: GettableAlert[];
}

export interface ApiMatcher {
  name: string;
  value: string;
  isRegex: boolean;
  /** Absent: true. */
  isEqual?: boolean;
}

export type SilenceState = 'active' | 'pending' | 'expired';

export interface PostableSilence {
  id?: string;
  matchers: ApiMatcher[];
  startsAt: string;
  endsAt: string;
  createdBy: string;
  comment: string;
}

export interface Silence extends PostableSilence {
  id: string;
  updatedAt: string;
  status: { state: SilenceState };
}

/** Asks with GET. */
export async function ask<T>(path: string, filters: Filters = {}, signal?: AbortSignal): Promise<T> {
  const search = encode(filters);
  const response = await send(`${path}${search ? `?${search}` : ''}`, { signal: signal ?? null });
  return JSON.parse(response) as T;
}

/** Makes a silence or changes the one with its id; answers the id it has now. */
export async function saveSilence(silence: PostableSilence): Promise<string> {
  const response = await send('silences', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(silence),
  });
  return (JSON.parse(response) as { silenceID: string }).silenceID;
}

/** Ends a silence now. */
export async function expireSilence(id: string): Promise<void> {
  await send(`silence/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

function encode(filters: Filters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value) search.append(name, one);
  }
  return search.toString();
}

async function send(path: string, init: RequestInit): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${ALERTMANAGER_API}/${path}`, init);
    text = await response.text();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('The server does not answer.', 'unreachable', 0);
  }
  if (response.ok) return text;
  throw new ApiError(words(text) || response.statusText, 'http', response.status);
}

/** Errors are texts, JSON strings, or objects with a message. */
function words(text: string): string {
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed === 'string') return parsed;
    if (parsed && typeof parsed === 'object' && 'message' in parsed) return String(parsed.message);
  } catch {
    // Plain text it is.
  }
  return text.trim().slice(0, 500);
}
