// Links above a dashboard: to places, and to other dashboards by tag.
import { href } from '../lib/router';
import { pathOf } from './address';
import { useDashboards } from './list';
import { fillLink, withState } from './links';
import type { DashboardLink } from './model';
import { DocumentLink, Popover } from './parts';
import type { Filling } from './variables/interpolate';

/** The links, or nothing. */
export function DashboardLinks({ links, filling }: { links: readonly DashboardLink[]; filling: Filling }) {
  if (links.length === 0) return null;
  return (
    <nav class="dash-links" aria-label="Links of this dashboard">
      {links.map((link, i) =>
        link.kind === 'dashboards' ? (
          <Tagged key={i} link={link} filling={filling} />
        ) : (
          <Plain key={i} link={link} filling={filling} />
        ),
      )}
    </nav>
  );
}

function Plain({ link, filling }: { link: DashboardLink; filling: Filling }) {
  const filled = fillLink(link, filling);
  return filled && <DocumentLink link={filled} />;
}

function Tagged({ link, filling }: { link: DashboardLink; filling: Filling }) {
  return (
    <Popover
      label={link.title || link.tags.join(', ') || 'Dashboards'}
      text={link.title || link.tags.join(', ') || 'Dashboards'}
    >
      {() => <Found link={link} filling={filling} />}
    </Popover>
  );
}

function Found({ link, filling }: { link: DashboardLink; filling: Filling }) {
  const all = useDashboards();
  const found = (all.data?.dashboards ?? []).filter(({ tags }) => link.tags.every((tag) => tags.includes(tag)));
  return (
    <ul>
      {found.map((one) => (
        <li key={one.uid}>
          <DocumentLink
            link={{ title: one.title, href: withState(href(pathOf(one)), link, filling), newTab: link.newTab }}
          >
            <span class="menu-item">{one.title}</span>
          </DocumentLink>
        </li>
      ))}
      {!all.loading && found.length === 0 && <li class="menu-item soft">None has these tags.</li>}
    </ul>
  );
}
