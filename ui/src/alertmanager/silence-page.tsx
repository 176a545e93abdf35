// One silence: made from an alert, changed, ended, or made again.
import { useMemo } from 'preact/hooks';
import type { Silence } from '../api/alertmanager';
import { useAlertmanager } from '../api/use-alertmanager';
import { me } from '../lib/me';
import { Waiting } from '../parts/notice';
import { AbsentOrFailed } from './absent';
import { fromApi, parseMatchers } from './matchers';
import { SilenceForm, type Draft } from './silence-form';

/** How long a new silence lasts, in milliseconds. */
const USUAL_MS = 2 * 3_600_000;

/** The page; `search` names a silence by `id`, or what a new one holds for by `filter`. */
export function SilencePage({ search }: { search: string }) {
  const params = new URLSearchParams(search);
  const id = params.get('id');
  return id === null ? <NewSilence params={params} /> : <KnownSilence id={id} />;
}

function NewSilence({ params }: { params: URLSearchParams }) {
  const draft = useMemo<Draft>(() => {
    const now = Date.now();
    const matchers = params.getAll('filter').flatMap((text) => parseMatchers(text) ?? []);
    return {
      id: undefined,
      matchers: matchers.length > 0 ? matchers : [{ name: '', operator: '=', value: '' }],
      startMs: now,
      endMs: now + USUAL_MS,
      createdBy: me.get(),
      comment: params.get('comment') ?? '',
    };
    // The page is built anew for another address.
  }, []);
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>New silence</h1>
          <p class="soft">While it lasts, nobody is told of the alerts that it holds for.</p>
        </div>
      </div>
      <SilenceForm draft={draft} />
    </div>
  );
}

function KnownSilence({ id }: { id: string }) {
  const answer = useAlertmanager<Silence>(`silence/${encodeURIComponent(id)}`);
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Silence</h1>
          <p class="soft"><code>{id}</code></p>
        </div>
      </div>
      {answer.error && <AbsentOrFailed error={answer.error} retry={answer.reload} />}
      {!answer.data && answer.loading && <Waiting what="the silence" />}
      {answer.data && <SilenceForm draft={draftOf(answer.data)} known={answer.data} />}
    </div>
  );
}

/** What has ended starts anew, for as long as it lasted. */
function draftOf(silence: Silence): Draft {
  const [start, end] = [Date.parse(silence.startsAt), Date.parse(silence.endsAt)];
  const ended = silence.status.state === 'expired';
  const now = Date.now();
  return {
    id: ended ? undefined : silence.id,
    matchers: silence.matchers.map(fromApi),
    startMs: ended ? now : start,
    endMs: ended ? now + Math.max(end - start, 60_000) : end,
    createdBy: silence.createdBy,
    comment: silence.comment,
  };
}
