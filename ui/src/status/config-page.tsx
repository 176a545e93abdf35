// The configuration in force, as the server wrote it back: secrets are hidden by the server.
import { useAnswer } from '../api/use-answer';
import { CopyButton } from '../parts/copy-button';
import { Empty } from '../parts/notice';
import { PageFrame } from './page-frame';

/** The page. */
export function ConfigPage() {
  const config = useAnswer<{ yaml: string }>('status/config');
  return (
    <PageFrame
      title="Configuration"
      lead="The configuration in force, with defaults filled in and secrets hidden."
      tools={config.data && <CopyButton label="Copy" text={() => config.data?.yaml ?? ''} />}
      answer={config}
    >
      {({ yaml }) =>
        yaml.trim() === '' ? (
          <Empty title="The configuration is empty." />
        ) : (
          <pre class="yaml card" tabIndex={0} aria-label="Configuration">
            {yaml.replace(/\n$/, '').split('\n').map((line, index) => (
              <Line key={index} text={line} />
            ))}
          </pre>
        )
      }
    </PageFrame>
  );
}

// Enough colour to find one's way: keys and comments.
function Line({ text }: { text: string }) {
  const found = /^(\s*(?:- )*)([^\s:#'"]+)(:(?:\s.*)?)$/.exec(text);
  return (
    <span class="yaml-line">
      {found ? (
        <>
          {found[1]}
          <span class="yaml-key">{found[2]}</span>
          {found[3]}
        </>
      ) : (
        text
      )}
      {'\n'}
    </span>
  );
}
