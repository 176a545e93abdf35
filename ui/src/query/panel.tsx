// One panel: expression, tabs, controls, answer. It owns nothing but what is being typed; all
// that a link must reproduce belongs to the page.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { Answer } from './answer';
import { Controls } from './controls';
import { ExplainView } from './explain/view';
import { ExpressionInput, type ExpressionHandle } from './expression-input';
import { remember } from './history';
import { HistoryDialog } from './history-dialog';
import { MetricsDialog } from './metrics-dialog';
import type { PanelState, Tab } from './panel-state';
import { useQuery } from './use-query';

interface Props {
  index: number;
  panel: PanelState;
  autoFocus: boolean;
  onChange: (change: Partial<PanelState>) => void;
  /** Missing where it is the only panel. */
  onRemove: (() => void) | undefined;
}

const TABS: readonly (readonly [Tab, string])[] = [
  ['table', 'Table'],
  ['graph', 'Graph'],
  ['explain', 'Explain'],
];

/** The panel. */
export function Panel({ index, panel, autoFocus, onChange, onRemove }: Props) {
  const [draft, setDraft] = useState(panel.expr);
  const [turn, setTurn] = useState(0);
  const [dialog, setDialog] = useState<'metrics' | 'history'>();
  const field = useRef<ExpressionHandle>(null);
  const typed = useRef(draft);
  typed.current = draft;
  // Another address, by a link or the way back, brings another expression.
  useEffect(() => {
    if (panel.expr !== typed.current) field.current?.replace(panel.expr);
  }, [panel.expr]);
  const running = useQuery(panel, turn);

  const runText = (text: string) => {
    remember(text);
    if (text !== panel.expr) onChange({ expr: text });
    // The same question again: its answer may have changed.
    else setTurn((n) => n + 1);
  };

  return (
    <section class="panel" aria-label={`Panel ${index + 1}`}>
      <div class="panel-head">
        <ExpressionInput
          draft={draft}
          autoFocus={autoFocus}
          handle={field}
          onDraft={setDraft}
          onRun={() => runText(draft)}
        />
        <div class="panel-actions">
          <button type="button" class="button" title="Metrics" aria-label="Browse metrics" onClick={() => setDialog('metrics')}>
            <Icon name="list" /> <span class="button-word">Metrics</span>
          </button>
          <button type="button" class="button" title="History" aria-label="History of queries" onClick={() => setDialog('history')}>
            <Icon name="clock" /> <span class="button-word">History</span>
          </button>
          <button type="button" class="button button-main" onClick={() => runText(draft)}>
            <Icon name="play" /> Run
          </button>
          {onRemove && (
            <button type="button" class="button button-quiet" aria-label={`Remove panel ${index + 1}`} title="Remove panel" onClick={onRemove}>
              <Icon name="close" />
            </button>
          )}
        </div>
      </div>
      <div class="panel-bar">
        <div class="tabs" role="group" aria-label="View">
          {TABS.map(([tab, title]) => (
            <button key={tab} type="button" aria-pressed={panel.tab === tab} onClick={() => onChange({ tab })}>
              {title}
            </button>
          ))}
        </div>
        <Controls panel={panel} onChange={onChange} />
      </div>
      {panel.tab === 'explain' && panel.expr.trim() !== '' ? (
        <ExplainView key={turn} panel={panel} />
      ) : (
        <Answer panel={panel} index={index} running={running} onChange={onChange} onExample={runText} />
      )}
      {dialog === 'metrics' && (
        <MetricsDialog
          onClose={() => setDialog(undefined)}
          onPick={(name) => {
            setDialog(undefined);
            field.current?.insert(name);
          }}
        />
      )}
      {dialog === 'history' && (
        <HistoryDialog
          onClose={() => setDialog(undefined)}
          onPick={(expr) => {
            setDialog(undefined);
            field.current?.replace(expr);
            runText(expr);
          }}
        />
      )}
    </section>
  );
}
