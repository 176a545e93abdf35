// A link to another page of ours that does not load the document again.
import type { ComponentChildren } from 'preact';
import { followLink, href } from '../lib/router';

/** The link; `current` marks the page that is shown. */
export function Link({ path, search = '', current, class: className, children }: {
  path: string;
  search?: string;
  current?: boolean;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <a
      class={className}
      href={href(path, search)}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => followLink(event, path, search)}
    >
      {children}
    </a>
  );
}
