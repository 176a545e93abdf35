// Light, dark, of high contrast, or as the operating system says.
import { createKeptStore, createStore } from './store';

export type Theme = 'auto' | 'light' | 'dark' | 'contrast';

export const THEMES: readonly Theme[] = ['auto', 'light', 'dark', 'contrast'];

/** What the user chose. */
export const theme = createKeptStore<Theme>(
  'argand.theme',
  (text) => THEMES.find((known) => known === text) ?? 'auto',
  (value) => value,
);

/** What is shown: canvas drawing follows it, because it cannot read CSS variables by itself. */
export const shade = createStore<'light' | 'dark'>('light');

const system = matchMedia('(prefers-color-scheme: dark)');
const contrast = matchMedia('(prefers-contrast: more)');

function apply(): void {
  const shown = look();
  document.documentElement.dataset['theme'] = shown;
  // High contrast is drawn on black.
  shade.set(shown === 'light' ? 'light' : 'dark');
}

function look(): Exclude<Theme, 'auto'> {
  const chosen = theme.get();
  if (chosen !== 'auto') return chosen;
  if (contrast.matches) return 'contrast';
  return system.matches ? 'dark' : 'light';
}

/** Applies the theme now and whenever it changes. */
export function followTheme(): void {
  apply();
  theme.subscribe(apply);
  system.addEventListener('change', apply);
  contrast.addEventListener('change', apply);
}
