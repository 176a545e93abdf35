// The page of one dashboard.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useAnswer } from '../api/use-answer';
import { parseDuration } from '../lib/duration';
import { go } from '../lib/router';
import { useStore } from '../lib/store';
import { shade as shadeStore } from '../lib/theme';
import { zone as zoneStore } from '../lib/time';
import { isZone, type Zone } from '../lib/zone';
import { Link } from '../parts/link';
import { Empty, Failure, Waiting } from '../parts/notice';
import { changeSearch, parseAddress, pathOf } from './address';
import { BoardProvider, type Board } from './board';
import { useMarks } from './data/annotations';
import { DashboardLinks } from './dashboard-links';
import { DashboardMenu } from './dashboard-menu';
import { Grid } from './grid';
import { HelpDialog } from './help-dialog';
import { useKeys } from './keys';
import type { DashboardModel } from './model';
import { PanelCard } from './panel-card';
import { Popover } from './parts';
import { RefreshPicker } from './refresh-picker';
import { toSections, type Section } from './repeat';
import { isRelative, resolveRange, shiftRange, widenRange, type RawRange } from './time-range';
import { TimePicker } from './time-picker';
import { parseFilter } from './variables/adhoc';
import { VariableBar } from './variables/bar';
import type { Filling } from './variables/interpolate';
import { useVariables } from './variables/use-variables';

/** The page: asks for the dashboard, then shows it. */
export function DashboardPage({ uid, search }: { uid: string; search: string }) {
  const answer = useAnswer<DashboardModel>(`dashboards/${encodeURIComponent(uid)}`);
  if (answer.error?.status === 404) {
    return (
      <Empty title="There is no such dashboard.">
        <p>
          See <Link path="dashboards">all dashboards</Link>.
        </p>
      </Empty>
    );
  }
  if (answer.error && !answer.data) return <Failure error={answer.error} retry={answer.reload} />;
  if (!answer.data) return <Waiting what="the dashboard" />;
  return <Shown key={uid} model={answer.data} search={search} reload={answer.reload} />;
}

function Shown({ model, search, reload }: { model: DashboardModel; search: string; reload: () => void }) {
  const address = useMemo(() => parseAddress(search), [search]);
  const shade = useStore(shadeStore);
  const chosenZone = useStore(zoneStore);
  const zone = zoneOf(model, chosenZone);
  const [turn, setTurn] = useState(0);
  const [help, setHelp] = useState(false);
  const raw: RawRange = address.range ?? model.time;
  // A refresh moves a range that ends now; nothing else does.
  const range = useMemo(() => resolveRange(raw, Date.now(), zone), [raw.from, raw.to, zone, turn]);
  const refresh = useCallback(() => setTurn((now) => now + 1), []);
  const interval = address.refresh ?? model.refresh;
  useRefresh(interval, isRelative(raw), refresh);
  useEffect(() => {
    document.title = `${model.title} · Argand`;
  }, [model.title]);

  const path = pathOf(model);
  const change = useCallback(
    (parts: Parameters<typeof changeSearch>[1]) => go(path, changeSearch(location.search.slice(1), parts)),
    [path],
  );
  const setRange = useCallback((next: RawRange) => change({ from: next.from, to: next.to }), [change]);

  const base = useMemo(
    () => ({ range, zone, dashboard: { uid: model.uid, title: model.title } }),
    [range, zone, model.uid, model.title],
  );
  const states = useVariables(model.variables, address.variables, base, turn);
  const variables = useMemo(
    () => new Map((states ?? []).map(({ variable, chosen }) => [variable.name, chosen])),
    [states],
  );
  const filling = useMemo((): Filling => ({ ...base, variables }), [base, variables]);
  const filters = useMemo(
    () =>
      (states ?? [])
        .filter(({ variable }) => variable.kind === 'adhoc')
        .flatMap(({ selected }) => selected.flatMap((text) => parseFilter(text) ?? [])),
    [states],
  );
  const [off, setOff] = useState<ReadonlySet<string>>(
    () => new Set(model.annotations.filter(({ enabled }) => !enabled).map(({ name }) => name)),
  );
  const marks = useMarks(model.annotations, off, states && filling, turn);
  const board = useMemo(
    (): Board => ({
      model,
      range,
      turn,
      filling,
      filters,
      marks,
      zone,
      shade,
      search,
      setRange,
      refresh: () => {
        reload();
        refresh();
      },
    }),
    [model, range, turn, filling, filters, marks, zone, shade, search, setRange, refresh, reload],
  );
  const sections = useMemo(() => toSections(model.panels, (name) => variables.get(name)), [model.panels, variables]);
  const viewed = address.viewPanel === null ? null : findPanel(sections, address.viewPanel);
  const hovered = useHovered();
  useKeys({
    '?': () => setHelp(true),
    'd k': () => change({ kiosk: address.kiosk ? null : '' }),
    'd r': refresh,
    v: () => change({ viewPanel: viewed ? null : hovered.current }),
    Escape: () => {
      if (viewed) change({ viewPanel: null });
      else if (address.kiosk) change({ kiosk: null });
    },
    't ArrowLeft': () => setRange(shiftRange(range, -0.5)),
    't ArrowRight': () => setRange(shiftRange(range, 0.5)),
    't z': () => setRange(widenRange(range)),
  });
  useKiosk(address.kiosk);

  return (
    <BoardProvider value={board}>
      <div class={address.kiosk ? 'dash dash-kiosk' : 'dash'}>
        <header class="dash-head">
          <div class="dash-title">
            <p class="dash-path">
              <Link path="dashboards">Dashboards</Link>
              {model.folder && (
                <>
                  {' '}
                  /{' '}
                  <Link path="dashboards" search={`folder=${encodeURIComponent(model.folder)}`}>
                    {model.folder}
                  </Link>
                </>
              )}
            </p>
            <h1>{model.title}</h1>
            <Problems model={model} />
          </div>
          <div class="dash-tools">
            <DashboardLinks links={model.links} filling={filling} />
            <TimePicker raw={raw} range={range} zone={zone} onChange={setRange} />
            <RefreshPicker interval={interval} onInterval={(next) => change({ refresh: next })} onRefresh={refresh} />
            <DashboardMenu onHelp={() => setHelp(true)} onKiosk={() => change({ kiosk: '' })} />
          </div>
        </header>
        {states && (
          <VariableBar
            states={states}
            onChange={(name, values) => change({ [`var-${name}`]: values })}
            annotations={model.annotations}
            off={off}
            onOff={setOff}
          />
        )}
        {!states && <Waiting what="the variables" />}
        {states &&
          address.viewPanel !== null &&
          (viewed ? (
            <div class="dash-alone">
              <PanelCard key={viewed.key} placed={viewed} alone />
            </div>
          ) : (
            <Empty title="There is no such panel.">
              <p>
                <button type="button" class="button" onClick={() => change({ viewPanel: null })}>
                  Show the dashboard
                </button>
              </p>
            </Empty>
          ))}
        {states &&
          address.viewPanel === null &&
          (model.panels.length > 0 ? <Grid sections={sections} /> : <Empty title="This dashboard has no panels." />)}
        {help && <HelpDialog onClose={() => setHelp(false)} />}
      </div>
    </BoardProvider>
  );
}

/** The document's zone, where it names one and the reader does not want UTC. */
function zoneOf({ timezone }: DashboardModel, chosen: Zone): Zone {
  const named = timezone.toLowerCase() === 'utc' ? 'utc' : timezone;
  return named === 'browser' || chosen === 'utc' || !isZone(named) ? chosen : named;
}

function findPanel(sections: readonly Section[], key: string) {
  const all = sections.flatMap(({ panels }) => panels);
  return all.find((placed) => placed.key === key) ?? all.find(({ panel }) => String(panel.id) === key) ?? null;
}

/** Nothing but panels: the bar above every page goes. */
function useKiosk(on: boolean): void {
  useEffect(() => {
    document.documentElement.classList.toggle('kiosk', on);
    return () => document.documentElement.classList.remove('kiosk');
  }, [on]);
}

function Problems({ model }: { model: DashboardModel }) {
  if (model.problems.length === 0) return null;
  return (
    <Popover
      class="dash-hint"
      label={`${model.problems.length} parts of this dashboard are not shown as meant`}
      icon="question"
    >
      {() => (
        <div class="dash-hint-text">
          <strong>Not shown as its author meant it</strong>
          <ul>
            {model.problems.map(({ path, message }, i) => (
              <li key={i}>
                {message} <code>{path}</code>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Popover>
  );
}

/** The panel that the mouse or the focus is in. */
function useHovered() {
  const found = useRef<string | null>(null);
  useEffect(() => {
    const follow = (event: Event) => {
      const target = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-panel]') : null;
      found.current = target?.dataset['panel'] ?? null;
    };
    document.addEventListener('mouseover', follow);
    document.addEventListener('focusin', follow);
    return () => {
      document.removeEventListener('mouseover', follow);
      document.removeEventListener('focusin', follow);
    };
  }, []);
  return found;
}

/** Asks again while the page is seen; a range that stands still has nothing new. */
function useRefresh(every: string, moving: boolean, run: () => void): void {
  const ms = Math.max(1000, parseDuration(every) ?? 0);
  const on = parseDuration(every) !== null && moving;
  useEffect(() => {
    if (!on) return;
    const timer = setInterval(() => {
      if (!document.hidden) run();
    }, ms);
    return () => clearInterval(timer);
  }, [on, ms, run]);
}
