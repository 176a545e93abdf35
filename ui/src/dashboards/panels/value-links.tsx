// A value, followed to where its field's first link leads.
import type { ComponentChildren } from 'preact';
import type { Frame } from '../data/frame';
import { textOfShown } from '../field/display';
import type { Reduced } from '../field/reduce';
import { fillDataLinks } from '../links';
import { linkProps } from '../parts';
import { fieldScope } from '../variables/field-scope';
import type { Filling } from '../variables/interpolate';

/** The value as a link, or plain where its field has none. */
export function ValueLinks({
  value,
  filling,
  frames,
  children,
}: {
  value: Reduced;
  filling: Filling;
  frames: readonly Frame[];
  children: ComponentChildren;
}) {
  const { field, frame, row, shown } = value;
  const scope = fieldScope(field, frame, frames, { row: row ?? frame.length - 1, text: textOfShown(shown) });
  const [first] = fillDataLinks(field.config.links, filling, scope);
  if (!first) return <div class="dash-tile-inside">{children}</div>;
  return (
    <a class="dash-tile-inside" {...linkProps(first)}>
      {children}
    </a>
  );
}
