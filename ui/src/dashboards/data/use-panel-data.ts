// The data of one panel: asked for while it is seen, at every refresh, and prepared for drawing.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../../api/client';
import { asApiError } from '../../api/use-polled';
import { inTurn } from '../../lib/turns';
import type { Exemplar } from '../../plot/exemplars';
import { useBoard, type Board } from '../board';
import { configure } from '../field/config';
import type { PanelModel } from '../model';
import { transform } from '../transform/apply';
import { fieldScope } from '../variables/field-scope';
import { interpolate, type Filling } from '../variables/interpolate';
import { askBatch, type BatchAnswer } from './batch';
import type { Frame } from './frame';
import { toFrames } from './from-answer';
import { joinExemplars, joinHeld, resumeAt, type Held } from './hold';
import { dependsOnSpan, panelRange, questionsOf, type PanelQuestion } from './questions';
import { fillZeros } from './zeros';

/** What went wrong with one query. */
export interface QueryFault {
  refId: string;
  error: ApiError;
}

export interface PanelData {
  /** As they are drawn: transformed and configured. */
  frames: readonly Frame[];
  /** As they were answered. */
  raw: readonly Frame[];
  /** Of queries that ask for them; each once. */
  exemplars: readonly Exemplar[];
  faults: readonly QueryFault[];
  warnings: readonly string[];
  /** Queries as the server ran them. */
  asRun: readonly { refId: string; expr: string; stepMs: number }[];
  loading: boolean;
  /** Whether anything was answered yet. */
  ready: boolean;
}

interface Answered {
  one: PanelQuestion;
  answer: BatchAnswer;
}

interface State {
  answers: readonly Answered[];
  faults: readonly QueryFault[];
  loading: boolean;
  ready: boolean;
}

const NOTHING: State = { answers: [], faults: [], loading: false, ready: false };

/** Widths are rounded to this, so that a scroll bar that comes and goes asks nothing. */
const WIDTH_STEP = 50;

/** The data; nothing is asked while `seen` is false. `filling` holds the panel's own variables too. */
export function usePanelData(panel: PanelModel, filling: Filling, width: number, seen: boolean): PanelData {
  const board = useBoard();
  const held = useRef(new Map<string, Held>());
  const [state, setState] = useState<State>(NOTHING);
  const room = Math.max(1, Math.round(width / WIDTH_STEP)) * WIDTH_STEP;
  const questions = useMemo(
    () => (width > 0 ? questionsOf(panel, filling, board.filters, room) : []),
    [panel, filling, board.filters, room, width > 0],
  );
  const asked = JSON.stringify(questions.map(({ key, question }) => [key, question.start, question.end]));
  const done = useRef('');

  useEffect(() => {
    const now = `${board.turn} ${asked}`;
    if (!seen || width === 0 || done.current === now) return;
    const abort = new AbortController();
    setState((before) => ({ ...before, loading: questions.length > 0, ready: before.ready || questions.length === 0 }));
    // Answers of many panels come together: each is prepared and drawn in a turn of its own.
    void askAll(questions, held.current, abort.signal).then((next) =>
      inTurn(() => {
        if (abort.signal.aborted) return;
        done.current = now;
        setState(next);
      }),
    );
    return () => abort.abort();
  }, [asked, board.turn, seen, width > 0]);

  const raw = useMemo(() => framesOf(state.answers, panel.kind === 'heatmap'), [state.answers, panel.kind]);
  const { frames, failed } = useMemo(() => prepare(raw, panel, filling), [raw, panel, filling]);
  return useMemo(
    () => ({
      frames,
      raw,
      exemplars: onlyOnce(state.answers.flatMap(({ answer }) => answer.exemplars)),
      faults: state.faults,
      warnings: [...new Set([...state.answers.flatMap(({ answer }) => answer.warnings), ...failed])],
      asRun: state.answers.map(({ one, answer }) => ({
        refId: one.query.refId,
        expr: answer.expr,
        stepMs: answer.stepMs,
      })),
      loading: state.loading,
      ready: state.ready,
    }),
    [frames, raw, state],
  );
}

async function askAll(
  questions: readonly PanelQuestion[],
  held: Map<string, Held>,
  signal: AbortSignal,
): Promise<State> {
  const outcomes = await Promise.allSettled(questions.map((one) => askOne(one, held, signal)));
  const answers: Answered[] = [];
  const faults: QueryFault[] = [];
  outcomes.forEach((outcome, i) => {
    const one = questions[i];
    if (!one) return;
    if (outcome.status === 'fulfilled') answers.push({ one, answer: outcome.value });
    else faults.push({ refId: one.query.refId, error: asApiError(outcome.reason) });
  });
  // What no query asks for any more is not kept.
  const slots = new Set(questions.map(slotOf));
  for (const slot of held.keys()) if (!slots.has(slot)) held.delete(slot);
  return { answers, faults, loading: false, ready: true };
}

const slotOf = ({ query, question }: PanelQuestion): string => `${query.refId} ${question.kind}`;

async function askOne(one: PanelQuestion, held: Map<string, Held>, signal: AbortSignal): Promise<BatchAnswer> {
  const { question, key } = one;
  if (question.kind === 'instant' || dependsOnSpan(question.expr)) return askBatch(question, signal);
  const slot = slotOf(one);
  const before = held.get(slot);
  const [fromMs, toMs] = [question.start * 1000, question.end * 1000];
  const again = resumeAt(before, key, fromMs, toMs);
  if (before && again !== null) {
    const newer = await askBatch({ ...question, start: again / 1000, step: before.stepMs / 1000 }, signal);
    const data = joinHeld(before, newer.data, again, fromMs);
    const endMs = again + Math.floor((toMs - again) / before.stepMs) * before.stepMs;
    const exemplars = joinExemplars(before, newer.exemplars, again, fromMs);
    held.set(slot, { ...before, startMs: fromMs, endMs, data, exemplars });
    return { ...newer, data, exemplars };
  }
  const answer = await askBatch(question, signal);
  const { stepMs, expr, data, exemplars } = answer;
  const endMs = stepMs > 0 ? fromMs + Math.floor((toMs - fromMs) / stepMs) * stepMs : toMs;
  held.set(slot, { key, startMs: fromMs, endMs, stepMs, expr, data, exemplars });
  return answer;
}

/** Queries of one panel often ask for the same series: quantiles of one histogram. */
function onlyOnce(exemplars: readonly Exemplar[]): Exemplar[] {
  return [...new Map(exemplars.map((one) => [JSON.stringify(one), one])).values()];
}

function framesOf(answers: readonly Answered[], heatmap: boolean): Frame[] {
  const tables = new Set(answers.filter(({ one }) => one.query.format === 'table').map(({ one }) => one.query.refId));
  return answers.flatMap(({ one, answer }) =>
    toFrames(answer.data, {
      query: one.query,
      expr: answer.expr,
      legend: one.legend,
      stepMs: one.question.kind === 'range' ? answer.stepMs : 0,
      several: tables.size > 1,
      heatmap,
    }),
  );
}

/** Transforms and configures; where transformations fail, the answers are drawn as they came. */
function prepare(raw: readonly Frame[], panel: PanelModel, filling: Filling): { frames: Frame[]; failed: string[] } {
  const transformations = panel.transformations.map((one) => ({
    ...one,
    options: fillDeep(one.options, filling) as Record<string, unknown>,
  }));
  try {
    return { frames: configureAll(transform(raw, transformations), panel, filling), failed: [] };
  } catch (reason) {
    const failed = [`Transformations failed: ${reason instanceof Error ? reason.message : String(reason)}`];
    return { frames: configureAll(raw, panel, filling), failed };
  }
}

function configureAll(frames: readonly Frame[], panel: PanelModel, filling: Filling): Frame[] {
  const { defaults, overrides } = panel.fieldConfig;
  const range = panelRange(panel, filling);
  const plain = configure(frames, defaults, overrides).map((frame) => fillZeros(frame, range));
  return plain.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const name = field.config.displayName;
      if (!name?.includes('$')) return field;
      const shown = interpolate(name, filling, 'text', fieldScope(field, frame, plain));
      return { ...field, config: { ...field.config, displayName: shown } };
    }),
  }));
}

function fillDeep(value: unknown, filling: Filling): unknown {
  if (typeof value === 'string') return interpolate(value, filling);
  if (Array.isArray(value)) return value.map((one) => fillDeep(one, filling));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillDeep(inner, filling)]));
  }
  return value;
}

/** A board's filling with variables of a copy added. */
export function useScopedFilling(board: Board, scoped: Filling['variables']): Filling {
  return useMemo(
    () =>
      scoped.size === 0
        ? board.filling
        : { ...board.filling, variables: new Map([...board.filling.variables, ...scoped]) },
    [board.filling, scoped],
  );
}
