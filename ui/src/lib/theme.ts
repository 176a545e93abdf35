// Light, dark, or as the operating system says.
import { createKeptStore, createStore } from './store';

export type Theme = 'auto' | 'light' | 'dark';

export const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

/** What the user chose. */
export const theme = createKeptStore<Theme>(
  'argand.theme',
  (text) => THEMES.find((known) => known === text) ?? 'auto',
  (value) => value,
);

/** What is shown: canvas drawing follows it, because it cannot read CSS variables by itself. */
export const shade = createStore<'light' | 'dark'>('light');

const system = matchMedia('(prefers-color-scheme: dark)');

function apply(): void {
  const chosen = theme.get();
  const shown = chosen === 'auto' ? (system.matches ? 'dark' : 'light') : chosen;
  document.documentElement.dataset['theme'] = shown;
  shade.set(shown);
}

/** Applies the theme now and whenever it changes. */
export function followTheme(): void {
  apply();
  theme.subscribe(apply);
  system.addEventListener('change', apply);
}
