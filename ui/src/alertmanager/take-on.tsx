// Taking an alert on, so that nobody is reminded of it, and giving it back.
import { useState } from 'preact/hooks';
import type { Acknowledgement, GettableAlert } from '../api/alertmanager';
import { postJson, remove, type ApiError } from '../api/client';
import { moment } from '../api/rules';
import { asApiError } from '../api/use-polled';
import { parseDuration } from '../lib/duration';
import { me } from '../lib/me';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icon';
import { Moment } from '../parts/moment';
import { Notice } from '../parts/notice';

/** The button, and the dialog that it opens. */
export function TakeOn({ alert, onDone }: { alert: GettableAlert; onDone: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="link-button" onClick={() => setOpen(true)}>
        <Icon name="check" /> Take on
      </button>
      {open && (
        <Form
          alert={alert}
          onClose={() => setOpen(false)}
          onDone={() => {
            setOpen(false);
            onDone();
          }}
        />
      )}
    </>
  );
}

function Form({ alert, onClose, onDone }: {
  alert: GettableAlert;
  onClose: () => void;
  onDone: () => void;
}) {
  const [by, setBy] = useState(me.get());
  const [comment, setComment] = useState('');
  const [length, setLength] = useState('');
  const [error, setError] = useState<ApiError>();
  const wrong = length !== '' && parseDuration(length) === null;
  const take = () => {
    me.set(by);
    const ms = parseDuration(length);
    const body = {
      fingerprint: alert.fingerprint,
      createdBy: by,
      comment,
      ...(ms === null ? {} : { endsAt: new Date(Date.now() + ms).toISOString() }),
    };
    postJson('alerting/acknowledgements', body).then(onDone, (reason: unknown) => setError(asApiError(reason)));
  };
  return (
    <Dialog title={`Take on ${alert.labels['alertname'] ?? 'the alert'}`} onClose={onClose}>
      <form
        class="silence-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) take();
        }}
      >
        <p class="soft">Nobody is reminded of the alert until it ends, or until the time below is over.</p>
        <label class="form-field">
          <span>Who</span>
          <input required maxLength={200} autocomplete="name" value={by} onInput={(event) => setBy(event.currentTarget.value)} />
        </label>
        <label class="form-field">
          <span>Comment</span>
          <input value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
        </label>
        <label class="form-field">
          <span>At most for (such as 4h; empty: until it ends)</span>
          <input value={length} aria-invalid={wrong} onInput={(event) => setLength(event.currentTarget.value)} />
        </label>
        {error && <Notice tone="bad" title="The server refused.">{error.message}</Notice>}
        <div class="form-actions">
          <button type="submit" class="button button-main">Take on</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Who has taken an alert on, with the way back. */
export function Taken({ alert, acknowledgement, onDone }: {
  alert: GettableAlert;
  acknowledgement: Acknowledgement;
  onDone: () => void;
}) {
  const [error, setError] = useState<ApiError>();
  const giveBack = () =>
    remove(`alerting/acknowledgements/${alert.fingerprint}`).then(onDone, (reason: unknown) =>
      setError(asApiError(reason)),
    );
  return (
    <p class="taken">
      <Icon name="check" /> Taken on by <strong>{acknowledgement.createdBy || 'somebody'}</strong>{' '}
      <Moment ms={moment(acknowledgement.at)} />
      {acknowledgement.comment && `: ${acknowledgement.comment}`}{' '}
      <button type="button" class="text-button" onClick={() => void giveBack()}>Give back</button>
      {error && <span class="mark-down"> {error.message}</span>}
    </p>
  );
}
