// One group of rules: a heading that folds, and its rules.
import { moment, type Rule, type RuleGroup } from '../api/rules';
import { formatDuration, formatElapsed } from '../lib/duration';
import { formatCount } from '../lib/number';
import { Fold } from '../parts/fold';
import { LabelList } from '../parts/label-list';
import { Moment } from '../parts/moment';
import { Windowed } from '../parts/windowed';
import { memo } from '../parts/memo';
import { Expression } from './expression';
import { RuleHealthMark } from './state-mark';

/** Heights of a section's parts before they were drawn, pixels. */
const [HEAD_PX, ROW_PX] = [45, 62];

/** About how high a section is that was not drawn yet. */
export function guessGroup({ rules }: RuleGroup, open: boolean): number {
  return HEAD_PX + (open ? ROW_PX / 2 + rules.length * ROW_PX : 0);
}

/** The section. */
export function GroupSection({ group, open }: { group: RuleGroup; open: boolean }) {
  const failing = group.rules.filter(({ health }) => health === 'err').length;
  const head = (
    <>
      <span class="pool-name">{group.name}</span>
      <span class="soft pool-file">{group.file}</span>
      {failing > 0 && <span class="mark mark-down">{formatCount(failing)} failing</span>}
      <span class="soft pool-facts">
        every {formatDuration(group.interval * 1000)} · last <Moment ms={moment(group.lastEvaluation)} /> in{' '}
        {formatElapsed(group.evaluationTime * 1000)}
      </span>
    </>
  );
  return (
    <Fold tone={failing > 0 ? 'down' : 'up'} head={head} open={open}>
      {() => <RuleTable rules={group.rules} />}
    </Fold>
  );
}

function RuleTable({ rules }: { rules: readonly Rule[] }) {
  return (
    <div class="table-scroll">
      <table class="table table-stack rule-table" aria-rowcount={rules.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">State</th>
            <th scope="col">Rule</th>
            <th scope="col" class="number">Evaluated</th>
            <th scope="col" class="number">Duration</th>
          </tr>
        </thead>
        <Windowed items={rules} keyOf={(_, index) => String(index)} guess={() => ROW_PX} as="rows">
          {(rule, index) => <RuleRow rule={rule} place={index + 2} />}
        </Windowed>
      </table>
    </div>
  );
}

const RuleRow = memo(({ rule, place }: { rule: Rule; place: number }) => {
  return (
    <>
      <tr aria-rowindex={place}>
        <td><RuleHealthMark health={rule.health} /></td>
        <td>
          <p class="rule-name">
            <span class="soft">{rule.type === 'alerting' ? 'alert' : 'record'}</span> <strong>{rule.name}</strong>
            {rule.type === 'alerting' && <Waits rule={rule} />}
          </p>
          <Expression text={rule.query} />
          {Object.keys(rule.labels ?? {}).length > 0 && <LabelList labels={rule.labels ?? {}} />}
        </td>
        <td class="number"><Moment ms={moment(rule.lastEvaluation)} /></td>
        <td class="number">{formatElapsed(rule.evaluationTime * 1000)}</td>
      </tr>
      {rule.lastError && (
        <tr class="row-error">
          <td colSpan={4}><strong>Error:</strong> {rule.lastError}</td>
        </tr>
      )}
    </>
  );
});

/** How long an alert waits before it fires, and before it ends. */
export function Waits({ rule }: { rule: { duration: number; keepFiringFor: number } }) {
  return (
    <>
      {rule.duration > 0 && <span class="tag">for {formatDuration(rule.duration * 1000)}</span>}
      {rule.keepFiringFor > 0 && (
        <span class="tag">keeps firing for {formatDuration(rule.keepFiringFor * 1000)}</span>
      )}
    </>
  );
}
