// A button that copies a text and says so.
import { useState } from 'preact/hooks';
import { copyText } from '../lib/export';
import { Icon } from './icon';

/** How long the answer stands, in milliseconds. */
const SHOWN_MS = 1500;

/** The button; `text` is called when it is pressed. */
export function CopyButton({ label, text }: { label: string; text: () => string }) {
  const [said, setSaid] = useState<string>();
  const press = async () => {
    setSaid((await copyText(text())) ? 'Copied' : 'Copying failed');
    setTimeout(() => setSaid(undefined), SHOWN_MS);
  };
  return (
    <button type="button" class="button button-quiet" onClick={() => void press()} aria-live="polite">
      <Icon name={said === 'Copied' ? 'check' : 'copy'} /> {said ?? label}
    </button>
  );
}
