// A text that the server has made safe.
import { useMemo } from 'preact/hooks';
import { safeHref } from '../links';
import { interpolate, type Filling } from '../variables/interpolate';
import type { PanelProps } from './props';

/** The panel. */
export function TextPanel({ panel, filling }: PanelProps) {
  const html = useMemo(() => fillHtml(panel.options.html ?? '', filling), [panel.options.html, filling]);
  return (
    <div
      class="dash-text"
      tabIndex={0}
      role="group"
      aria-label={panel.title || 'Text'}
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
}

/** Values come from labels and addresses: they are no markup, and no link that runs anything. */
function fillHtml(html: string, filling: Filling): string {
  const template = document.createElement('template');
  template.innerHTML = interpolate(html, filling, 'text', undefined, escapeHtml);
  for (const link of template.content.querySelectorAll('a[href]')) {
    const href = safeHref(link.getAttribute('href') ?? '');
    if (href === null) link.removeAttribute('href');
    else link.setAttribute('href', href);
    link.setAttribute('rel', 'noreferrer');
  }
  return template.innerHTML;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
