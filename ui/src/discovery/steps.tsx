// Relabelling step by step: what each rule of the job made of the labels.
import { useAnswer } from '../api/use-answer';
import type { Labels } from '../lib/labels';
import { LabelList } from '../parts/label-list';
import { Failure, Waiting } from '../parts/notice';

interface RelabelStep {
  rule: Readonly<Record<string, unknown>>;
  output: Labels;
  keep: boolean;
}

/** The steps; the labels are those before relabelling. */
export function Steps({ pool, labels }: { pool: string; labels: Labels }) {
  const answer = useAnswer<{ steps: RelabelStep[] | null }>('targets/relabel_steps', {
    scrapePool: pool,
    labels: JSON.stringify(labels),
  });
  if (answer.error) return <Failure error={answer.error} retry={answer.reload} />;
  if (!answer.data) return <Waiting what="the steps" />;
  const steps = answer.data.steps ?? [];
  if (steps.length === 0) return <p class="soft">The job has no relabelling: the labels are taken as they are.</p>;
  return (
    <ol class="steps">
      {steps.map((step, index) => (
        <li key={index}>
          <code class="step-rule">{describe(step.rule)}</code>
          <Outcome step={step} before={index === 0 ? labels : (steps[index - 1]?.output ?? {})} />
        </li>
      ))}
    </ol>
  );
}

function Outcome({ step, before }: { step: RelabelStep; before: Labels }) {
  if (!step.keep) return <p class="mark mark-down">drops the target</p>;
  const after = changed(before, step.output);
  if (Object.keys(after).length === 0) return <p class="soft">changes nothing</p>;
  return <LabelList labels={after} />;
}

/** The rule on one line, what is as usual left out by the server. */
function describe(rule: Readonly<Record<string, unknown>>): string {
  return Object.entries(rule)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

/** The labels that a step made or changed. */
function changed(before: Labels, after: Labels): Labels {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value));
}
