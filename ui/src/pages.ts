// The pages, in the order of the navigation.

export interface Page {
  path: string;
  title: string;
}

export const PAGES: readonly Page[] = [
  { path: 'query', title: 'Query' },
  { path: 'targets', title: 'Targets' },
  { path: 'tsdb-status', title: 'Storage' },
  { path: 'status', title: 'Status' },
  { path: 'flags', title: 'Flags' },
  { path: 'config', title: 'Config' },
];
