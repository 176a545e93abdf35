// What a rule tells people about an alert. Only http and https become links.
import type { Labels } from '../lib/labels';

/** The annotations, summary first. */
export function Annotations({ annotations }: { annotations: Labels }) {
  const pairs = Object.entries(annotations).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  if (pairs.length === 0) return null;
  return (
    <dl class="annotations">
      {pairs.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{/^https?:\/\/\S+$/.test(text) ? <a href={text} rel="noreferrer">{text}</a> : text}</dd>
        </div>
      ))}
    </dl>
  );
}

function rank(name: string): number {
  const known = ['summary', 'title', 'message', 'description'].indexOf(name);
  return known === -1 ? 9 : known;
}
