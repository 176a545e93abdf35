// An expression that leads to the query page.
import { emptyPanel, formatPanels } from '../query/panel-state';
import { Link } from '../parts/link';

/** The expression, as written. */
export function Expression({ text }: { text: string }) {
  return (
    <Link path="query" search={formatPanels([{ ...emptyPanel(), expr: text }])} class="expression-link">
      <code>{text}</code>
    </Link>
  );
}
