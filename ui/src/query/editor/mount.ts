// The PromQL editor: CodeMirror with Prometheus' own language package. Loaded after the page,
// because it weighs more than everything else together.
//
// It lives in a shadow root, where CodeMirror uses constructed style sheets; in the document it
// would write <style> elements, which the content security policy forbids.
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, completionStatus, selectedCompletion } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands';
import { bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { EditorState, Prec } from '@codemirror/state';
import { drawSelection, EditorView, keymap, placeholder, type Command } from '@codemirror/view';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { PREFIX } from '../../lib/prefix';
import { editorTheme, highlighting } from './look';

/** What the page can do with an editor. */
export interface Editor {
  setText(text: string): void;
  /** Replaces the selection. */
  insert(text: string): void;
  focus(): void;
  destroy(): void;
}

export interface EditorOptions {
  text: string;
  hint: string;
  onChange: (text: string) => void;
  onRun: () => void;
}

/** Puts an editor into an element that has no shadow root yet, or one of ours. */
export function mountEditor(host: HTMLElement, options: EditorOptions): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const promql = new PromQLExtension().setComplete({
    remote: { url: PREFIX.replace(/\/$/, ''), httpMethod: 'GET' },
  });
  const run: Command = (view) => {
    if (completionStatus(view.state) === 'active' && !typedInFull(view)) {
      return acceptCompletion(view);
    }
    closeCompletion(view);
    options.onRun();
    return true;
  };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: 'Enter', run, shift: insertNewlineAndIndent },
            { key: 'Mod-Enter', run },
            { key: 'Tab', run: acceptCompletion },
          ]),
        ),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...historyKeymap,
          ...lintKeymap,
          ...defaultKeymap,
        ]),
        promql.asExtension(),
        placeholder(options.hint),
        editorTheme,
        syntaxHighlighting(highlighting),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'PromQL expression' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    insert(text) {
      view.dispatch(view.state.replaceSelection(text));
      view.focus();
    },
    focus: () => view.focus(),
    destroy() {
      view.destroy();
      promql.destroy();
    },
  };
}

/** Whether the offered completion is what stands there already: Enter then runs at once. */
function typedInFull(view: EditorView): boolean {
  const offered = selectedCompletion(view.state);
  if (!offered) return true;
  const head = view.state.selection.main.head;
  const before = view.state.sliceDoc(Math.max(0, head - offered.label.length), head);
  return before === offered.label;
}
