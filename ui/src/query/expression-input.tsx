// The field for an expression: a plain text area at once, the editor as soon as it has arrived.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Ref } from 'preact';
import type { Editor } from './editor/mount';

const HINT = 'PromQL expression: Enter runs it, Shift+Enter breaks the line';

/** What a parent may do with the field. */
export interface ExpressionHandle {
  /** Replaces what is typed. */
  replace: (text: string) => void;
  insert: (text: string) => void;
  focus: () => void;
}

interface Props {
  /** What is typed; the editor tells it, and takes other text only by `replace`, because a
      drawing that lags behind fast typing would otherwise take letters back. */
  draft: string;
  autoFocus: boolean;
  handle: Ref<ExpressionHandle>;
  onDraft: (text: string) => void;
  onRun: () => void;
}

/** The field. */
export function ExpressionInput(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const editor = useRef<Editor | null>(null);
  const [ready, setReady] = useState(false);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    let gone = false;
    void import('./editor/mount').then(({ mountEditor }) => {
      if (gone || !host.current) return;
      const typing = document.activeElement === area.current;
      editor.current = mountEditor(host.current, {
        text: latest.current.draft,
        hint: HINT,
        onChange: (text) => latest.current.onDraft(text),
        onRun: () => latest.current.onRun(),
      });
      setReady(true);
      if (typing || latest.current.autoFocus) editor.current.focus();
    });
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, []);

  useEffect(() => {
    assign(props.handle, {
      replace(text) {
        editor.current?.setText(text);
        latest.current.onDraft(text);
      },
      insert(text) {
        if (editor.current) editor.current.insert(text);
        else latest.current.onDraft(latest.current.draft + text);
      },
      focus: () => (editor.current ?? area.current)?.focus(),
    });
    return () => assign(props.handle, null);
  }, [props.handle]);

  return (
    <div class="expression">
      <div ref={host} class="expression-editor" />
      {!ready && (
        <textarea
          ref={area}
          class="expression-plain"
          aria-label="PromQL expression"
          placeholder={HINT}
          rows={1}
          spellcheck={false}
          value={props.draft}
          onInput={(event) => props.onDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey) return;
            event.preventDefault();
            props.onRun();
          }}
        />
      )}
    </div>
  );
}

function assign<T>(ref: Ref<T>, value: T | null): void {
  if (typeof ref === 'function') ref(value);
  else if (ref) ref.current = value;
}
