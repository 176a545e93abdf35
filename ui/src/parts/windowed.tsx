// A long list of which only what is near the window is in the document: the rest is empty space of
// the height that it would have, so that the scroll bar keeps its length. The page itself scrolls.
// What has the focus stays, wherever it is; what a reader opened stays open (see `kept`).
import { Fragment, type ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { KeptBelow, useKeeper } from './kept';

/** Pixels above and below the window that are drawn, so that scrolling finds something. */
const NEAR_PX = 400;

/** Items drawn before it is known where the list is. */
const FIRST = 4;

interface Props<T> {
  items: readonly T[];
  /** Tells items apart; asked of those that are drawn. */
  keyOf: (item: T, index: number) => string;
  /** The height in pixels of an item that was not drawn yet. */
  guess: (item: T) => number;
  /** `rows`: every item is a `tbody` of the table around; `list`: an entry of a list. */
  as: 'rows' | 'list';
  children: (item: T, index: number) => ComponentChildren;
}

interface Shown {
  from: number;
  /** Not drawn any more. */
  to: number;
  /** The item that has the focus; -1 where none has. */
  focused: number;
}

/** The list. */
export function Windowed<T>({ items, keyOf, guess, as, children }: Props<T>) {
  const keeper = useKeeper();
  const start = useRef<HTMLElement | null>(null);
  const heights = useRef<(number | undefined)[]>([]);
  const [shown, setShown] = useState<Shown>({ from: 0, to: FIRST, focused: -1 });
  if (heights.current.length !== items.length) heights.current = new Array<number | undefined>(items.length).fill(undefined);
  const heightOf = (index: number): number => {
    const item = items[index];
    return heights.current[index] ?? (item === undefined ? 0 : guess(item));
  };
  const look = () => {
    if (!start.current) return;
    measure(start.current, heights.current);
    const next = find(start.current, items.length, heightOf);
    setShown((now) => (now.from === next.from && now.to === next.to && now.focused === next.focused ? now : next));
  };
  useLayoutEffect(look);
  useFollow(start, look, () => heights.current.fill(undefined));

  const drawn = indexesOf(shown, items.length);
  const parts = drawn.map((index, place) => {
    const item = items[index] as T;
    const key = keyOf(item, index);
    const before = (drawn[place - 1] ?? -1) + 1;
    return (
      <Fragment key={key}>
        {place > 0 && before < index && <Space as={as} height={sum(before, index, heightOf)} />}
        <Item as={as} index={index} count={items.length}>
          <KeptBelow keeper={keeper} name={key}>{children(item, index)}</KeptBelow>
        </Item>
      </Fragment>
    );
  });
  const all = (
    <>
      <Space as={as} height={sum(0, drawn[0] ?? 0, heightOf)} self={start} />
      {parts}
      <Space as={as} height={sum((drawn.at(-1) ?? -1) + 1, items.length, heightOf)} />
    </>
  );
  return as === 'rows' ? all : <div role="list">{all}</div>;
}

function Item({ as, index, count, children }: {
  as: 'rows' | 'list';
  index: number;
  count: number;
  children: ComponentChildren;
}) {
  if (as === 'rows') return <tbody data-at={index}>{children}</tbody>;
  return (
    <div class="windowed-item" role="listitem" aria-setsize={count} aria-posinset={index + 1} data-at={index}>
      {children}
    </div>
  );
}

/** Stands for items that are not drawn. */
function Space({ as, height, self }: { as: 'rows' | 'list'; height: number; self?: { current: HTMLElement | null } }) {
  const refer = (element: HTMLElement | null) => {
    if (self) self.current = element;
  };
  const style = { height: `${height}px` };
  if (as === 'list') return <div ref={refer} style={style} />;
  return <tbody ref={refer} class="windowed-space" style={style} />;
}

function sum(from: number, to: number, heightOf: (index: number) => number): number {
  let pixels = 0;
  for (let index = from; index < to; index++) pixels += heightOf(index);
  return pixels;
}

/** In ascending order; the focused one may be far from the others. */
function indexesOf({ from, to, focused }: Shown, count: number): number[] {
  const indexes = new Set<number>();
  for (let index = Math.min(from, count); index < Math.min(to, count); index++) indexes.add(index);
  if (focused >= 0 && focused < count) indexes.add(focused);
  return [...indexes].sort((a, b) => a - b);
}

function* itemsAfter(start: HTMLElement): Iterable<[HTMLElement, number]> {
  for (let next = start.nextElementSibling; next; next = next.nextElementSibling) {
    if (next instanceof HTMLElement && next.dataset['at'] !== undefined) yield [next, Number(next.dataset['at'])];
  }
}

function measure(start: HTMLElement, heights: (number | undefined)[]): void {
  for (const [element, index] of itemsAfter(start)) heights[index] = element.getBoundingClientRect().height;
}

/** Which items are near the window now. */
function find(start: HTMLElement, count: number, heightOf: (index: number) => number): Shown {
  const active = document.activeElement;
  let focused = -1;
  for (const [element, index] of itemsAfter(start)) if (active && element.contains(active)) focused = index;
  let bottom = start.getBoundingClientRect().top;
  let from = 0;
  for (; from < count - 1; from++) {
    const next = bottom + heightOf(from);
    if (next > -NEAR_PX) break;
    bottom = next;
  }
  let to = from;
  while (to < count && bottom < window.innerHeight + NEAR_PX) bottom += heightOf(to++);
  return { from, to: Math.max(to, Math.min(count, from + 1)), focused };
}

/** Calls `look` when the page scrolls or the list changes its size, at most once a frame. */
function useFollow(start: { current: HTMLElement | null }, look: () => void, forget: () => void): void {
  const latest = useRef({ look, forget });
  latest.current = { look, forget };
  useEffect(() => {
    const around = start.current?.parentElement;
    if (!around) return;
    let frame = 0;
    let width = around.clientWidth;
    const soon = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        // Lines break elsewhere in another width.
        if (around.clientWidth !== width) latest.current.forget();
        width = around.clientWidth;
        latest.current.look();
      });
    };
    const size = new ResizeObserver(soon);
    size.observe(around);
    window.addEventListener('scroll', soon, { passive: true, capture: true });
    window.addEventListener('resize', soon);
    return () => {
      cancelAnimationFrame(frame);
      size.disconnect();
      window.removeEventListener('scroll', soon, { capture: true });
      window.removeEventListener('resize', soon);
    };
  }, []);
}
