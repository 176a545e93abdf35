// Which step of a field's thresholds a value has reached.
import type { FieldConfig } from '../model';

export type Thresholds = NonNullable<FieldConfig['thresholds']>;

/** What a document without thresholds means. */
export const DEFAULT_THRESHOLDS: Thresholds = {
  mode: 'absolute',
  steps: [
    { value: null, color: 'green' },
    { value: 80, color: 'red' },
  ],
};

/** Steps with their values on the field's own scale, rising. */
export function absoluteSteps(thresholds: Thresholds, min: number, max: number): { value: number; color: string }[] {
  return thresholds.steps
    .map(({ value, color }) => {
      if (value === null) return { value: Number.NEGATIVE_INFINITY, color };
      return { value: thresholds.mode === 'percentage' ? min + ((max - min) * value) / 100 : value, color };
    })
    .sort((a, b) => a.value - b.value);
}

/** The colour of the highest step that the value has reached. */
export function thresholdColour(thresholds: Thresholds, value: number, min: number, max: number): string {
  const steps = absoluteSteps(thresholds, min, max);
  return (steps.findLast((step) => value >= step.value) ?? steps[0])?.color ?? 'green';
}
