// One group of rules: a heading that folds, and its rules page by page.
import { useState } from 'preact/hooks';
import { moment, type Rule, type RuleGroup } from '../api/rules';
import { formatDuration, formatElapsed } from '../lib/duration';
import { formatCount } from '../lib/number';
import { Fold } from '../parts/fold';
import { LabelList } from '../parts/label-list';
import { Moment } from '../parts/moment';
import { More } from '../parts/more';
import { Expression } from './expression';
import { RuleHealthMark } from './state-mark';

/** Rules drawn at once. */
const PAGE_ROWS = 50;

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
  const [rows, setRows] = useState(PAGE_ROWS);
  return (
    <div class="table-scroll">
      <table class="table table-stack rule-table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Rule</th>
            <th scope="col" class="number">Evaluated</th>
            <th scope="col" class="number">Duration</th>
          </tr>
        </thead>
        <tbody>
          {rules.slice(0, rows).map((rule, index) => <RuleRow key={index} rule={rule} />)}
        </tbody>
      </table>
      <More shown={rows} all={rules.length} step={4 * PAGE_ROWS} onMore={() => setRows(rows + 4 * PAGE_ROWS)} />
    </div>
  );
}

function RuleRow({ rule }: { rule: Rule }) {
  return (
    <>
      <tr>
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
}

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
