// Boxes that say something: an error, a warning, an empty or a loading state.
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/client';
import { Icon, type IconName } from './icon';

type Tone = 'bad' | 'warn' | 'info';

const ICONS: Record<Tone, IconName> = { bad: 'cross', warn: 'warning', info: 'info' };
const WORDS: Record<Tone, string> = { bad: 'Error', warn: 'Warning', info: 'Note' };

/** A message with its severity in words. */
export function Notice({ tone, title, children }: {
  tone: Tone;
  title?: string | undefined;
  children?: ComponentChildren;
}) {
  return (
    <div class={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={ICONS[tone]} />
      <div class="notice-text">
        <strong>{title ?? WORDS[tone]}</strong> {children}
      </div>
    </div>
  );
}

/** Why a page has nothing to show, with a way to try again. */
export function Failure({ error, retry }: { error: ApiError; retry: () => void }) {
  return (
    <Notice tone="bad" title="This could not be loaded.">
      <p>{error.message}</p>
      <p>
        <button type="button" class="button" onClick={retry}>
          <Icon name="reload" /> Try again
        </button>
      </p>
    </Notice>
  );
}

/** Nothing to show, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Something is on its way. */
export function Waiting({ what }: { what: string }) {
  return (
    <div class="waiting" role="status">
      <span class="waiting-mark" aria-hidden="true" /> Loading {what}…
    </div>
  );
}
