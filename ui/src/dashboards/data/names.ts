// The name a field is shown, matched and sorted by.
import { formatSeries, type Labels } from '../../lib/labels';
import type { Field, Frame } from './frame';

/** The name: an override's, the legend's, or the field's own with what tells it from its siblings. */
export function nameOf(field: Field, frame?: Frame, frames: readonly Frame[] = []): string {
  if (field.config.displayName) return field.config.displayName;
  if (field.legend) return field.legend;
  if (field.type === 'time' && !field.labels) return field.name || 'Time';
  const labels = Object.entries(field.labels ?? {});
  if (labels.length === 0) {
    const alone = frame?.name && frame.fields.filter(({ type }) => type !== 'time').length === 1;
    return alone && (field.name === '' || field.name === 'Value') ? (frame.name ?? '') : field.name || 'Value';
  }
  if (labels.length === 1 && (field.name === 'Value' || field.name === '')) return labels[0]?.[1] ?? '';
  const known = frames.length > 1 || (frame?.fields.length ?? 0) > 2 || field.name === 'Value';
  const series = formatSeries({ ...field.labels });
  return known ? (field.name && field.name !== 'Value' ? `${field.name} ${series}` : series) : field.name;
}

/** `{{label}}` filled from labels; without a format, the series itself. */
export function formatLegend(format: string, labels: Labels, expr: string): string {
  if (format === '' || format === '__auto') return Object.keys(labels).length === 0 ? expr : formatSeries(labels);
  return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, name: string) => labels[name] ?? '');
}

/** Names for the series of one answer: what tells them apart, or the whole series where one is alone. */
export function autoLegends(series: readonly Labels[], expr: string): string[] {
  const names = [...new Set(series.flatMap((labels) => Object.keys(labels)))];
  const differ = names.filter((name) => new Set(series.map((labels) => labels[name] ?? '')).size > 1);
  return series.map((labels) => {
    if (differ.length === 0) return labels['__name__'] ?? formatLegend('', labels, expr);
    if (differ.length === 1) return labels[differ[0] ?? ''] ?? formatLegend('', labels, expr);
    return formatSeries(
      Object.fromEntries(differ.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]]))),
    );
  });
}
