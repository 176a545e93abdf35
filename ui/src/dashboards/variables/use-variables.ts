// The variables of a page: each is resolved after those that it names, and again when what it depends
// on has changed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { asApiError } from '../../api/use-polled';
import { formatDuration } from '../../lib/duration';
import { roundStep, parseLeast } from '../data/step';
import type { Variable, VariableOption, VariableQuery } from '../model';
import { choose, type VariableState } from './choose';
import type { Chosen } from './format';
import { interpolate, type Filling } from './interpolate';
import { loadValues } from './load';
import { makeOptions, MAX_OPTIONS } from './options';
import { inOrder } from './order';

/** Answers kept, so that choosing one value does not ask for the options of all others. */
const MAX_CACHED = 200;

interface Found {
  options: readonly VariableOption[];
  error: string | null;
  cut: number;
}

/** The states in the document's order; null until all are resolved once. */
export function useVariables(
  variables: readonly Variable[],
  asked: ReadonlyMap<string, readonly string[]>,
  filling: Omit<Filling, 'variables'>,
  turn: number,
): readonly VariableState[] | null {
  const [states, setStates] = useState<readonly VariableState[] | null>(null);
  const cache = useRef(new Map<string, Promise<Found>>());
  const key = JSON.stringify([[...asked], filling.range, turn]);
  useEffect(() => {
    const abort = new AbortController();
    void resolveAll(variables, asked, filling, cache.current, turn, abort.signal).then((next) => {
      if (!abort.signal.aborted) setStates((before) => (sameStates(before, next) ? before : next));
    });
    return () => abort.abort();
  }, [variables, key]);
  return states;
}

async function resolveAll(
  variables: readonly Variable[],
  asked: ReadonlyMap<string, readonly string[]>,
  filling: Omit<Filling, 'variables'>,
  cache: Map<string, Promise<Found>>,
  turn: number,
  signal: AbortSignal,
): Promise<VariableState[]> {
  const chosen = new Map<string, Chosen>();
  const done = new Map<string, VariableState>();
  for (const variable of inOrder(variables)) {
    const now: Filling = { ...filling, variables: chosen };
    const found = await findOptions(variable, now, cache, turn, signal);
    const picked = choose(variable, found.options, asked.get(variable.name));
    const state = { variable, ...found, ...picked, chosen: fillAuto(variable, picked.chosen, now) };
    done.set(variable.name, state);
    chosen.set(variable.name, state.chosen);
  }
  return variables.flatMap(({ name }) => done.get(name) ?? []);
}

async function findOptions(
  variable: Variable,
  filling: Filling,
  cache: Map<string, Promise<Found>>,
  turn: number,
  signal: AbortSignal,
): Promise<Found> {
  const fixed = { options: variable.options, error: null, cut: 0 };
  if (variable.kind === 'interval' && variable.auto) {
    return { ...fixed, options: [{ text: AUTO, value: AUTO }, ...variable.options] };
  }
  if (variable.kind !== 'query' || !variable.query) return fixed;
  const query = fillQuery(variable.query, filling);
  const regex = interpolate(variable.regex, filling);
  // Those that follow the time are asked again at each refresh, others only for another question.
  const when = variable.refresh === 'time' ? [filling.range, turn] : [];
  const key = JSON.stringify([variable.name, query, regex, when]);
  const known = cache.get(key);
  if (known) return known;
  const asked = loadValues(query, filling.range, signal).then(
    (values): Found => {
      const options = makeOptions(values, { regex, sort: variable.sort });
      return { options: options.slice(0, MAX_OPTIONS), error: null, cut: Math.max(0, options.length - MAX_OPTIONS) };
    },
    (reason: unknown): Found => {
      cache.delete(key);
      return { options: [], error: asApiError(reason).message, cut: 0 };
    },
  );
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, asked);
  // One that was given up never answers.
  const forget = () => cache.delete(key);
  signal.addEventListener('abort', forget, { once: true });
  const found = await asked;
  signal.removeEventListener('abort', forget);
  return found;
}

function fillQuery(query: VariableQuery, filling: Filling): VariableQuery {
  const filled = Object.entries(query).map(([key, text]) => [key, key === 'kind' ? text : interpolate(text, filling)]);
  return Object.fromEntries(filled) as VariableQuery;
}

/** The value of `auto` in addresses. */
const AUTO = 'auto';

/** `auto` is a step for the span that is shown. */
function fillAuto(variable: Variable, chosen: Chosen, { range }: Filling): Chosen {
  if (variable.kind !== 'interval' || !variable.auto || chosen.values[0] !== AUTO) return chosen;
  const { count, min } = variable.auto;
  const ms = Math.max(roundStep((range.toMs - range.fromMs) / Math.max(1, count)), parseLeast(min) ?? 0);
  return { ...chosen, values: [formatDuration(ms)], texts: [`auto (${formatDuration(ms)})`] };
}

function sameStates(before: readonly VariableState[] | null, next: readonly VariableState[]): boolean {
  const seen = (states: readonly VariableState[]) =>
    JSON.stringify(states.map(({ options, selected, chosen, error }) => [options, selected, chosen, error]));
  return before !== null && seen(before) === seen(next);
}
