// The one place that talks HTTP. In: a path below api/v1 and parameters. Out: data with its
// warnings, or an ApiError. The shapes of the data are the API's contract and are trusted here;
// the envelope is checked.
import { API } from '../lib/prefix';

export interface Answer<T> {
  data: T;
  warnings: string[];
  infos: string[];
}

/** Why there is no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    /** The API's errorType, or `unreachable`, or `http`. */
    readonly kind: string,
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
  ) {
    super(message);
  }
}

export type Params = Record<string, string | number | undefined>;

/** Asks with GET. */
export function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<Answer<T>> {
  const search = encode(params).toString();
  return request<T>(`${API}/${path}${search ? `?${search}` : ''}`, { signal: signal ?? null });
}

/** Asks for a document that stands alone, without the envelope that answers come in. */
export async function getDocument(path: string): Promise<unknown> {
  const { status, statusText, text } = await send(`${API}/${path}`, {});
  if (status !== 200) return open<unknown>(status, statusText, text).data;
  return JSON.parse(text) as unknown;
}

/** Asks with a form in a POST: expressions can be longer than an address may be. */
export function post<T>(path: string, params: Params, signal?: AbortSignal): Promise<Answer<T>> {
  return request<T>(`${API}/${path}`, {
    method: 'POST',
    body: encode(params),
    signal: signal ?? null,
  });
}

/** Posts a JSON body. */
export function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<Answer<T>> {
  return sendJson<T>('POST', path, body, signal);
}

/** Puts a JSON body in the place of what was there. */
export function putJson<T>(path: string, body: unknown): Promise<Answer<T>> {
  return sendJson<T>('PUT', path, body);
}

function sendJson<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Answer<T>> {
  return request<T>(`${API}/${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}

/** Asks for something to be removed. */
export function remove(path: string): Promise<Answer<null>> {
  return request<null>(`${API}/${path}`, { method: 'DELETE' });
}

function encode(params: Params): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search;
}

async function request<T>(url: string, init: RequestInit): Promise<Answer<T>> {
  const { status, statusText, text } = await send(url, init);
  return open<T>(status, statusText, text);
}

async function send(url: string, init: RequestInit): Promise<{ status: number; statusText: string; text: string }> {
  try {
    const response = await fetch(url, { ...init, headers: { Accept: 'application/json', ...init.headers } });
    return { status: response.status, statusText: response.statusText, text: await response.text() };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('The server does not answer.', 'unreachable', 0);
  }
}

interface Envelope<T> {
  status?: string;
  data?: T;
  warnings?: string[];
  infos?: string[];
  error?: string;
  errorType?: string;
}

function open<T>(status: number, reason: string, text: string): Answer<T> {
  let envelope: Envelope<T>;
  try {
    envelope = JSON.parse(text) as Envelope<T>;
  } catch {
    const shown = text.trim().slice(0, 300) || reason || 'no body';
    throw new ApiError(`HTTP ${status}: ${shown}`, 'http', status);
  }
  if (envelope.status !== 'success' || envelope.data === undefined) {
    throw new ApiError(
      envelope.error ?? `HTTP ${status}: not an answer of the API`,
      envelope.errorType ?? 'http',
      status,
    );
  }
  return {
    data: envelope.data,
    warnings: envelope.warnings ?? [],
    infos: envelope.infos ?? [],
  };
}
