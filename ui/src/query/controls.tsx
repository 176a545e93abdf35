// The controls between the tabs and the answer: what there is to choose depends on the tab.
import { Choice } from '../parts/choice';
import type { PanelState } from './panel-state';
import { RangeField } from './range-field';
import { StepField } from './step-field';
import { TimeField } from './time-field';
import { stepOf } from './use-query';

const MODES = [
  { value: 'lines', label: 'Lines' },
  { value: 'stacked', label: 'Stacked' },
  { value: 'heatmap', label: 'Heatmap' },
] as const;

/** The controls. */
export function Controls({ panel, onChange }: {
  panel: PanelState;
  onChange: (change: Partial<PanelState>) => void;
}) {
  if (panel.tab !== 'graph') {
    return (
      <div class="controls">
        <TimeField
          label="Evaluation time"
          value={panel.endMs}
          stepMs={panel.rangeMs / 2}
          onChange={(endMs) => onChange({ endMs })}
        />
      </div>
    );
  }
  return (
    <div class="controls">
      <RangeField value={panel.rangeMs} onChange={(rangeMs) => onChange({ rangeMs })} />
      <TimeField
        label="End time"
        value={panel.endMs}
        stepMs={panel.rangeMs / 2}
        onChange={(endMs) => onChange({ endMs })}
      />
      <StepField
        value={panel.stepS}
        auto={stepOf({ ...panel, stepS: null })}
        onChange={(stepS) => onChange({ stepS })}
      />
      <Choice
        name="Display"
        options={MODES}
        value={panel.displayMode}
        onChange={(displayMode) => onChange({ displayMode })}
      />
      <div class="choice">
        <button
          type="button"
          aria-pressed={panel.showExemplars}
          title="Marks single events, such as traces, that were recorded with the samples"
          onClick={() => onChange({ showExemplars: !panel.showExemplars })}
        >
          Exemplars
        </button>
      </div>
    </div>
  );
}
