// Line icons, 16 × 16, in the current text colour. They never stand without a text or a label.

const PATHS = {
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  play: 'M5 3.5v9l7.5-4.5z',
  clock: 'M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4M8 4.5V8l2.5 1.5',
  list: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  left: 'M10 3L5 8l5 5',
  right: 'M6 3l5 5-5 5',
  down: 'M3 6l5 5 5-5',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  save: 'M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  cross: 'M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4',
  question: 'M6 6a2 2 0 1 1 2.8 1.8c-.5.3-.8.7-.8 1.4M8 11.8v.2',
  warning: 'M8 2L1.5 13.5h13zM8 6.5v3.5M8 12v.1',
  info: 'M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4M8 7.2V11M8 5v.1',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.3 10.3l3.7 3.7',
  reload: 'M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3',
  sun: 'M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13 9.8A5.5 5.5 0 1 1 6.2 3a4.5 4.5 0 0 0 6.8 6.8z',
  contrast: 'M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 2v12M8 5h4.6M8 8h6M8 11h4.6',
  silence: 'M3 6h2.5L9 3v10L5.5 10H3zM11 6l3.5 4M14.5 6L11 10',
  bell: 'M4 11V7.5a4 4 0 0 1 8 0V11l1.2 1.5H2.8zM6.7 14h2.6',
  more: 'M8 3v.1M8 8v.1M8 13v.1',
  edit: 'M3 13l.6-2.8L11 2.8l2.2 2.2-7.4 7.4z',
  outside: 'M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3L7.5 8.5',
  auto: 'M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 2v12M10 4.2v7.6M12 5.8v4.4',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon; hidden from screen readers. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
