// The panels of a page: 24 columns, rows that fold.
import { useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { useBoard } from './board';
import { PanelCard } from './panel-card';
import type { Section } from './repeat';
import { useScopedFilling } from './data/use-panel-data';
import { interpolate } from './variables/interpolate';

/** The sections one below the other. */
export function Grid({ sections }: { sections: readonly Section[] }) {
  return (
    <>
      {sections.map((section) => (
        <SectionView key={section.key} section={section} />
      ))}
    </>
  );
}

function SectionView({ section }: { section: Section }) {
  const board = useBoard();
  const filling = useScopedFilling(board, section.scoped);
  const [open, setOpen] = useState(!section.row?.collapsed);
  const { row, panels } = section;
  const grid = (
    <div class="dash-grid">
      {panels.map((placed) => (
        <PanelCard key={placed.key} placed={placed} />
      ))}
    </div>
  );
  if (!row) return grid;
  return (
    <section class="dash-row">
      <h2>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'down' : 'right'} /> {interpolate(row.title, filling, 'text') || 'Row'}
          {!open && (
            <span class="soft">
              {panels.length} {panels.length === 1 ? 'panel' : 'panels'}
            </span>
          )}
        </button>
      </h2>
      {open && grid}
    </section>
  );
}
