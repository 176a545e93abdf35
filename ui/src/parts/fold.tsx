// A section with a heading that folds it.
import type { ComponentChildren } from 'preact';
import { Icon } from './icon';
import { useKept } from './kept';

/** The section; `open` is how it starts, until somebody presses the heading. */
export function Fold({ tone, head, open, children }: {
  /** Colours the edge: `up`, `down`, `unknown` or nothing. */
  tone?: string;
  head: ComponentChildren;
  open: boolean;
  children: () => ComponentChildren;
}) {
  const [chosen, setChosen] = useKept<boolean | undefined>('fold', undefined);
  const unfolded = chosen ?? open;
  return (
    <section class={tone ? `pool pool-${tone}` : 'pool'}>
      <h2 class="pool-head">
        <button type="button" aria-expanded={unfolded} onClick={() => setChosen(!unfolded)}>
          <Icon name={unfolded ? 'down' : 'right'} />
          {head}
        </button>
      </h2>
      {unfolded && children()}
    </section>
  );
}
