// Small parts of these pages: a menu below a button, a link of a document.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from '../parts/icon';
import type { SafeLink } from './links';

/** A link of a document; another site never learns where it was followed. */
export function DocumentLink({ link, children }: { link: SafeLink; children?: ComponentChildren }) {
  return (
    <a href={link.href} {...(link.newTab && { target: '_blank' })} rel="noreferrer" title={link.title}>
      {children ?? link.title}
    </a>
  );
}

/** A button that opens something below itself; Escape and a press elsewhere close it. */
export function Popover({ label, title, icon, text, class: className = '', align = 'left', children }: {
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
  useEffect(() => {
    if (!open) return;
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
      <button ref={button} type="button" class="button" aria-label={label} title={title ?? label} aria-expanded={open} onClick={() => setOpen(!open)}>
        {icon && <Icon name={icon} />}{text}
      </button>
      {open && <div class={`popover-box popover-${align}`}>{children(() => setOpen(false))}</div>}
    </div>
  );
}

/** An element's size in pixels, following its changes; nothing before it is known. */
export function useSize<T extends HTMLElement>() {
  const box = useRef<T>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      const next = { width: Math.floor(element.clientWidth), height: Math.floor(element.clientHeight) };
      setSize((now) => (now.width === next.width && now.height === next.height ? now : next));
    };
    measure();
    const follow = new ResizeObserver(measure);
    follow.observe(element);
    return () => follow.disconnect();
  }, []);
  return { box, ...size };
}
