// The pages, in the order of the navigation. Pages of one section share a second line of links.

export type Section = 'Query' | 'Dashboards' | 'Alerts' | 'Targets' | 'Status';

export interface Page {
  path: string;
  title: string;
  section: Section;
  /** Left out of the navigation: opened by a link of another page. */
  inner?: boolean;
  /** The page of the navigation that an inner one belongs to. */
  within?: string;
}

export const PAGES: readonly Page[] = [
  { path: 'query', title: 'Query', section: 'Query' },
  { path: 'dashboards', title: 'Dashboards', section: 'Dashboards' },
  { path: 'd', title: 'Dashboard', section: 'Dashboards', inner: true },
  { path: 'alerts', title: 'Alerts', section: 'Alerts' },
  { path: 'rules', title: 'Rules', section: 'Alerts' },
  { path: 'notifications', title: 'Notifications', section: 'Alerts' },
  { path: 'silences', title: 'Silences', section: 'Alerts' },
  { path: 'alert-history', title: 'History', section: 'Alerts' },
  { path: 'routing', title: 'Routing', section: 'Alerts' },
  { path: 'cluster', title: 'Cluster', section: 'Alerts' },
  { path: 'silence', title: 'Silence', section: 'Alerts', inner: true, within: 'silences' },
  { path: 'targets', title: 'Targets', section: 'Targets' },
  { path: 'service-discovery', title: 'Discovery', section: 'Targets' },
  { path: 'pushgateway', title: 'Pushed', section: 'Targets' },
  { path: 'status', title: 'Server', section: 'Status' },
  { path: 'tsdb-status', title: 'Storage', section: 'Status' },
  { path: 'cardinality', title: 'Cardinality', section: 'Status' },
  { path: 'sending', title: 'Sending', section: 'Status' },
  { path: 'flags', title: 'Flags', section: 'Status' },
  { path: 'config', title: 'Config', section: 'Status' },
];

export const SECTIONS: readonly Section[] = ['Query', 'Dashboards', 'Alerts', 'Targets', 'Status'];

/** The page that a path leads to; what follows the first part belongs to the page itself. */
export function pageOf(path: string): Page | undefined {
  const [first, ...rest] = path.split('/');
  return PAGES.find((page) => page.path === first && (rest.length === 0 || page.path === 'd'));
}

/** The pages that a section's links lead to. */
export function pagesOf(section: Section): Page[] {
  return PAGES.filter((page) => page.section === section && !page.inner);
}
