// An error of a query, with the place in the expression where the server can name it.
import type { ApiError } from '../api/client';
import { Notice } from '../parts/notice';

interface Located {
  /** Both count from 1. */
  line: number;
  column: number;
  message: string;
}

/** Finds `line:column: parse error: …` in a message of the API. */
export function locate(message: string): Located | null {
  const found = /(\d+):(\d+): parse error: ([\s\S]*)/.exec(message);
  if (!found) return null;
  return { line: Number(found[1]), column: Number(found[2]), message: found[3] ?? '' };
}

const TITLES: Readonly<Record<string, string>> = {
  bad_data: 'The server refused the question.',
  execution: 'The query failed.',
  timeout: 'The query took too long.',
  canceled: 'The query was cancelled.',
  unreachable: 'The server does not answer.',
};

/** The error; `expr` is what was asked. */
export function QueryError({ error, expr }: { error: ApiError; expr: string }) {
  const located = locate(error.message);
  if (!located) {
    return <Notice tone="bad" title={TITLES[error.kind] ?? 'Error'}>{error.message}</Notice>;
  }
  const line = expr.split('\n')[located.line - 1] ?? '';
  return (
    <Notice tone="bad" title={`Syntax error at line ${located.line}, column ${located.column}:`}>
      {located.message}
      <pre class="error-place">
        {line}
        {'\n'}
        {' '.repeat(Math.max(0, located.column - 1))}
        <span class="error-caret">▲</span>
      </pre>
    </Notice>
  );
}
