// A panel: its frame, what went wrong, and its picture while it is seen.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { memo } from '../parts/memo';
import { useSize } from '../parts/use-size';
import { useBoard } from './board';
import { usePanelData, useScopedFilling, type PanelData } from './data/use-panel-data';
import { Guard } from './guard';
import { fillLink } from './links';
import type { PanelModel } from './model';
import { PanelMenu } from './panel-menu';
import { DocumentLink, Popover } from './parts';
import { DataTable } from './panels/data-table';
import { Foreign } from './panels/foreign';
import { isTable, Picture, WITHOUT_QUERIES } from './panels/show';
import type { Placed } from './repeat';
import { interpolate } from './variables/interpolate';

/** How far from the window a panel begins to be drawn, so that scrolling does not wait. */
const NEAR = '250px';

/** The panel; `alone` where it fills the page. */
export const PanelCard = memo(({ placed, alone = false }: { placed: Placed; alone?: boolean }) => {
  const { panel, scoped, key } = placed;
  const board = useBoard();
  const filling = useScopedFilling(board, scoped);
  const { box, width, height } = useSize<HTMLDivElement>();
  const seen = useSeen(box);
  const [table, setTable] = useState(false);
  const data = usePanelData(panel, filling, width, seen && !WITHOUT_QUERIES.has(panel.kind));
  const title = interpolate(panel.title, filling, 'text');
  const { x, y, w, h } = panel.place;
  const place = { '--x': String(x + 1), '--w': String(w), '--y': String(y + 1), '--h': String(h) };
  const links = panel.links.flatMap((link) => fillLink(link, filling) ?? []);
  const headless = title === '' && panel.transparent && panel.problems.length === 0;
  return (
    <section
      class={`dash-panel${panel.transparent ? ' dash-panel-clear' : ''}${headless ? ' dash-panel-headless' : ''}${alone ? ' dash-panel-alone' : ''}`}
      style={place}
      data-panel={key}
      aria-label={title || panel.givenKind}
      aria-busy={data.loading}
    >
      <header class="dash-panel-head">
        {data.loading && <span class="dash-loading" aria-hidden="true" />}
        <h2 title={title}>{title}</h2>
        {panel.description !== '' && (
          <Hint icon="info" label="Description">
            {interpolate(panel.description, filling, 'text')}
          </Hint>
        )}
        {panel.problems.length > 0 && (
          <Hint icon="question" label={`${panel.problems.length} parts are not shown as meant`}>
            <ProblemList panel={panel} />
          </Hint>
        )}
        <Faults data={data} />
        {!panel.hideTimeOverride && (panel.timeFrom || panel.timeShift) && (
          <span class="dash-own-time soft">
            <Icon name="clock" /> {panel.timeFrom && `last ${panel.timeFrom}`}{' '}
            {panel.timeShift && `shifted by ${panel.timeShift}`}
          </span>
        )}
        {links.map((link, i) => (
          <span key={i} class="dash-panel-link">
            <DocumentLink link={link}>
              <Icon name="outside" />
              <span class="hidden">{link.title}</span>
            </DocumentLink>
          </span>
        ))}
        <PanelMenu
          placed={placed}
          data={data}
          filling={filling}
          table={table}
          onTable={setTable}
          alone={alone}
          root={box}
        />
      </header>
      <div class="dash-panel-body" ref={box}>
        {seen && width > 0 && height > 0 && (
          <Body panel={panel} data={data} filling={filling} width={width} height={height} table={table} />
        )}
      </div>
    </section>
  );
});

/** What stands in a panel: its picture, or why there is none. */
export function Body({
  panel,
  data,
  filling,
  width,
  height,
  table,
}: {
  panel: PanelModel;
  data: PanelData;
  filling: ReturnType<typeof useScopedFilling>;
  width: number;
  height: number;
  table: boolean;
}) {
  if (!WITHOUT_QUERIES.has(panel.kind)) {
    if (!data.ready) return null;
    const found = data.frames.some((frame) => frame.length > 0);
    if (!found && data.faults.length > 0) {
      return <p class="dash-empty row-error">{data.faults[0]?.error.message}</p>;
    }
    if (!found && panel.queries.some(({ signal }) => signal !== 'metrics')) {
      return <Foreign panel={panel} filling={filling} />;
    }
    if (!found && !isTable(panel.kind)) {
      return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
    }
    if (table) return <DataTable frames={data.frames} exemplars={data.exemplars} height={height} filling={filling} />;
  }
  return (
    <Guard stamp={data.frames}>
      <Picture panel={panel} data={data} filling={filling} width={width} height={height} />
    </Guard>
  );
}

/** Whether an element is in the window, or near it. */
function useSeen(box: { current: HTMLElement | null }): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? false), {
      rootMargin: NEAR,
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return seen;
}

function Hint({
  icon,
  label,
  children,
}: {
  icon: 'info' | 'question' | 'warning';
  label: string;
  children: ComponentChildren;
}) {
  return (
    <Popover class="dash-hint" label={label} icon={icon}>
      {() => <div class="dash-hint-text">{children}</div>}
    </Popover>
  );
}

function Faults({ data }: { data: PanelData }) {
  if (data.faults.length + data.warnings.length === 0) return null;
  const label = data.faults.length > 0 ? 'Queries failed' : 'Warnings of queries';
  return (
    <Hint icon="warning" label={label}>
      <strong>{label}</strong>
      <ul>
        {data.faults.map(({ refId, error }) => (
          <li key={refId}>
            <code>{refId}</code> {error.message}
          </li>
        ))}
        {data.warnings.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Hint>
  );
}

function ProblemList({ panel }: { panel: PanelModel }) {
  return (
    <>
      <strong>Not shown as its author meant it</strong>
      <ul>
        {panel.problems.map(({ path, message }, i) => (
          <li key={i}>
            {message} <code>{path}</code>
          </li>
        ))}
      </ul>
    </>
  );
}
