// The fields of a silence, with the alerts that it holds for beside them.
import { useState } from 'preact/hooks';
import { expireSilence, saveSilence, type Silence } from '../api/alertmanager';
import type { ApiError } from '../api/client';
import { asApiError } from '../api/use-polled';
import { me } from '../lib/me';
import { go } from '../lib/router';
import { Icon } from '../parts/icon';
import { Notice } from '../parts/notice';
import { MatcherFields } from './matcher-fields';
import { toApi, type Matcher } from './matchers';
import { Preview } from './preview';
import { SilenceStateMark } from './silence-state';
import { SpanFields } from './span-fields';

/** What is typed so far. */
export interface Draft {
  /** The silence to change; undefined for a new one. */
  id: string | undefined;
  matchers: readonly Matcher[];
  startMs: number;
  endMs: number;
  createdBy: string;
  comment: string;
}

/** The form; `known` is the silence as the server has it. */
export function SilenceForm({ draft: initial, known }: { draft: Draft; known?: Silence }) {
  const [draft, setDraft] = useState(initial);
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const ended = known?.status.state === 'expired';

  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await work();
      go('silences');
    } catch (reason) {
      setError(asApiError(reason));
      setBusy(false);
    }
  };
  const save = () => {
    me.set(draft.createdBy);
    void run(() => saveSilence(postable(draft)));
  };

  return (
    <div class="silence-layout">
      <form
        class="card silence-form"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {known && <p><SilenceStateMark state={known.status.state} /></p>}
        <MatcherFields matchers={draft.matchers} onChange={(matchers) => change({ matchers })} />
        <SpanFields startMs={draft.startMs} endMs={draft.endMs} onChange={change} />
        <label class="form-field">
          <span>Creator</span>
          <input required maxLength={200} autocomplete="name" value={draft.createdBy} onInput={(event) => change({ createdBy: event.currentTarget.value })} />
        </label>
        <label class="form-field">
          <span>Comment</span>
          <textarea required rows={3} value={draft.comment} placeholder="Why, and where to read more" onInput={(event) => change({ comment: event.currentTarget.value })} />
        </label>
        {error && <Notice tone="bad" title="The server refused.">{error.message}</Notice>}
        <div class="form-actions">
          <button type="submit" class="button button-main" disabled={busy}>
            <Icon name="silence" /> {draft.id ? 'Save' : ended ? 'Create again' : 'Create'}
          </button>
          {draft.id && (
            <button type="button" class="button" disabled={busy} onClick={() => void run(() => expireSilence(draft.id ?? ''))}>
              Expire now
            </button>
          )}
          <button type="button" class="button button-quiet" onClick={() => history.back()}>Cancel</button>
        </div>
      </form>
      <Preview matchers={draft.matchers} />
    </div>
  );
}

function postable(draft: Draft) {
  return {
    ...(draft.id ? { id: draft.id } : {}),
    matchers: draft.matchers.filter(({ name }) => name !== '').map(toApi),
    startsAt: new Date(draft.startMs).toISOString(),
    endsAt: new Date(draft.endMs).toISOString(),
    createdBy: draft.createdBy,
    comment: draft.comment,
  };
}
