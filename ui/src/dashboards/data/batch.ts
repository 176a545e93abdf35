// Many questions in one request: what is asked within a moment goes to `batch` together.
import { ApiError, postJson } from '../../api/client';
import { asApiError } from '../../api/use-polled';
import type { QueryResult } from '../../api/types';
import { toExemplars, type Exemplar, type ExemplarAnswer } from '../../plot/exemplars';

/** One question, as `POST /api/v1/batch` takes it; times and steps are seconds. */
export interface Question {
  expr: string;
  kind: 'range' | 'instant';
  start: number;
  end: number;
  step: number | null;
  max_points: number;
  min_step: string | null;
  time: number | null;
  /** Whether the exemplars of its series are wanted, too. */
  exemplars?: boolean;
}

/** One answer. */
export interface BatchAnswer {
  /** As it was run, with the server's own macros filled in. */
  expr: string;
  stepMs: number;
  data: QueryResult;
  exemplars: readonly Exemplar[];
  warnings: readonly string[];
}

interface Result {
  id: string;
  expr: string;
  step?: number;
  status: 'success' | 'error';
  data?: QueryResult;
  exemplars?: ExemplarAnswer;
  error?: string;
  errorType?: string;
  warnings?: string[];
  infos?: string[];
}

interface Waiting {
  question: Question;
  signal: AbortSignal;
  resolve: (answer: BatchAnswer) => void;
  reject: (error: ApiError) => void;
}

/** Questions of one request: few enough that a slow one does not keep a whole page waiting. */
const MAX_TOGETHER = 24;

/** Bytes of expressions in one request, below the server's bound of a mebibyte. */
const MAX_BYTES = 500_000;

/** How long questions are gathered, milliseconds. */
const GATHER_MS = 15;

let waiting: Waiting[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks, together with whatever else is asked at this moment. */
export function askBatch(question: Question, signal: AbortSignal): Promise<BatchAnswer> {
  return new Promise((resolve, reject) => {
    waiting.push({ question, signal, resolve, reject });
    timer ??= setTimeout(send, GATHER_MS);
  });
}

function send(): void {
  timer = undefined;
  const all = waiting.filter(({ signal }) => !signal.aborted);
  waiting = [];
  let group: Waiting[] = [];
  let bytes = 0;
  for (const one of all) {
    if (group.length >= MAX_TOGETHER || (group.length > 0 && bytes + one.question.expr.length > MAX_BYTES)) {
      void sendGroup(group);
      [group, bytes] = [[], 0];
    }
    group.push(one);
    bytes += one.question.expr.length;
  }
  if (group.length > 0) void sendGroup(group);
}

async function sendGroup(group: readonly Waiting[]): Promise<void> {
  const abort = new AbortController();
  // The request ends when nobody waits for any of its answers.
  const leave = () => {
    if (group.every(({ signal }) => signal.aborted)) abort.abort();
  };
  for (const { signal } of group) signal.addEventListener('abort', leave, { once: true });
  try {
    const queries = group.map(({ question }, id) => ({ id: String(id), ...question }));
    const { data } = await postJson<{ results: Result[] }>('batch', { queries }, abort.signal);
    const byId = new Map(data.results.map((result) => [result.id, result]));
    group.forEach((one, id) => settle(one, byId.get(String(id))));
  } catch (reason) {
    const error = asApiError(reason);
    for (const { reject } of group) reject(error);
  } finally {
    for (const { signal } of group) signal.removeEventListener('abort', leave);
  }
}

function settle({ resolve, reject }: Waiting, result: Result | undefined): void {
  if (result?.status === 'success' && result.data) {
    const { expr, step = 0, data, exemplars = [], warnings = [] } = result;
    resolve({ expr, stepMs: Math.round(step * 1000), data, exemplars: toExemplars(exemplars), warnings });
  } else {
    reject(
      new ApiError(
        result?.error ?? 'The server left this query out of its answer.',
        result?.errorType ?? 'internal',
        0,
      ),
    );
  }
}
