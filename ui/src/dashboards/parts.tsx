// Small parts of these pages: a menu below a button, a link of a document.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { followLink } from '../lib/router';
import { Icon, type IconName } from '../parts/icon';
import { ownPlace, type SafeLink } from './links';

/** A link of a document; another site never learns where it was followed. */
export function DocumentLink({ link, children }: { link: SafeLink; children?: ComponentChildren }) {
  return <a {...linkProps(link)}>{children ?? link.title}</a>;
}

/** What a link is made of; one to our own pages does not load the document again. */
export function linkProps({ href, newTab, title }: SafeLink) {
  const own = newTab ? null : ownPlace(href);
  return {
    href,
    title,
    rel: 'noreferrer',
    ...(newTab && { target: '_blank' }),
    ...(own && { onClick: (event: MouseEvent) => followLink(event, own.path, own.search) }),
  };
}

/** A button that opens something below itself; Escape and a press elsewhere close it. */
export function Popover({
  label,
  title,
  icon,
  text,
  class: className = '',
  align = 'left',
  children,
}: {
  /** Read by screen readers, where the text does not say it. */
  label: string;
  title?: string;
  icon?: IconName;
  text?: ComponentChildren;
  class?: string;
  align?: 'left' | 'right';
  children: (close: () => void) => ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const inside = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    keepInside(inside.current);
    const outside = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', escape, true);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', escape, true);
    };
  }, [open]);
  return (
    <div class={`popover ${className}`} ref={box}>
      <button
        ref={button}
        type="button"
        class="button"
        aria-label={label}
        title={title ?? label}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {icon && <Icon name={icon} />}
        {text}
      </button>
      {open && (
        <div ref={inside} class={`popover-box popover-${align}`}>
          {children(() => setOpen(false))}
        </div>
      )}
    </div>
  );
}

/** Pixels between a box and the edge of the window. */
const EDGE_PX = 8;

/** Moves a box that reaches beyond the window to where it is seen. */
function keepInside(box: HTMLElement | null): void {
  if (!box) return;
  const { left, right } = box.getBoundingClientRect();
  const most = document.documentElement.clientWidth - EDGE_PX;
  const by = right > most ? Math.max(most - right, EDGE_PX - left) : Math.max(0, EDGE_PX - left);
  if (by !== 0) box.style.translate = `${Math.round(by)}px 0`;
}
