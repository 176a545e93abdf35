// The bar above every page: where one is, where one can go, and how the pages look.
import { useStore } from '../lib/store';
import { theme, THEMES, type Theme } from '../lib/theme';
import { zone } from '../lib/time';
import { Icon, type IconName } from './icon';
import { Link } from './link';
import { Logo } from './logo';
import { pageOf, pagesOf, SECTIONS } from '../pages';
import { openPalette } from './palette';

const THEME_ICONS: Record<Theme, IconName> = {
  auto: 'auto',
  light: 'sun',
  dark: 'moon',
  contrast: 'contrast',
};

/** The bar, and below it the other pages of the section. */
export function Header({ path }: { path: string }) {
  const here = pageOf(path);
  const section = here?.section;
  const siblings = section ? pagesOf(section) : [];
  return (
    <>
      <header class="header">
        <Link path="query" class="brand">
          <Logo /> <span>Argand</span>
        </Link>
        <nav class="nav" aria-label="Sections">
          {SECTIONS.map((name) => (
            <Link key={name} path={pagesOf(name)[0]?.path ?? ''} current={name === section}>
              {name}
            </Link>
          ))}
        </nav>
        <div class="header-tools">
          <button type="button" class="header-button" title="Go to a page, a dashboard, a metric or an alert" onClick={openPalette}>
            <Icon name="search" /> <span class="header-hint">Go to</span> <kbd class="header-key" aria-hidden="true">Ctrl K</kbd>
          </button>
          <ZoneSwitch />
          <ThemeSwitch />
        </div>
      </header>
      {siblings.length > 1 && (
        <nav class="subnav" aria-label={`Pages of ${section}`}>
          {siblings.map((page) => (
            <Link key={page.path} path={page.path} current={page.path === (here?.within ?? path)}>
              {page.title}
            </Link>
          ))}
        </nav>
      )}
    </>
  );
}

function ZoneSwitch() {
  const now = useStore(zone);
  const next = now === 'utc' ? 'local' : 'utc';
  return (
    <button
      type="button"
      class="header-button"
      title={`Times are shown in ${now === 'utc' ? 'UTC' : 'local time'}. Press to switch.`}
      onClick={() => zone.set(next)}
    >
      <Icon name="clock" /> {now === 'utc' ? 'UTC' : 'Local time'}
    </button>
  );
}

function ThemeSwitch() {
  const now = useStore(theme);
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] ?? 'auto';
  return (
    <button
      type="button"
      class="header-button"
      aria-label={`Theme: ${now}. Switch to ${next}.`}
      title={`Theme: ${now}`}
      onClick={() => theme.set(next)}
    >
      <Icon name={THEME_ICONS[now]} /> <span class="header-word">{now}</span>
    </button>
  );
}
