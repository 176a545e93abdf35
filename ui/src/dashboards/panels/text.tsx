// A text that the server has made safe.
import { useMemo } from 'preact/hooks';
import { interpolate } from '../variables/interpolate';
import type { PanelProps } from './props';

/** The panel. */
export function TextPanel({ panel, filling }: PanelProps) {
  const html = panel.options.html ?? '';
  const filled = useMemo(() => interpolate(html, filling, 'text', (name) => {
    const chosen = filling.variables.get(name);
    // Values come from labels and addresses, and are no markup.
    return chosen ? escapeHtml(chosen.texts.join(' + ')) : undefined;
  }), [html, filling]);
  return <div class="dash-text" tabIndex={0} role="region" aria-label={panel.title || 'Text'} dangerouslySetInnerHTML={{ __html: filled }} />;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
