// The dashboards of the server.
import { useAnswer } from '../api/use-answer';
import type { Loading } from '../api/use-polled';

/** One of them, as the list has it. */
export interface DashboardEntry {
  uid: string;
  title: string;
  description?: string;
  folder: string;
  tags: string[];
  /** How many parts are not shown as their author meant them. */
  problems: number;
  /** Whether it may be saved. */
  writable?: boolean;
}

/** A file that could not be read as a dashboard. */
export interface BrokenFile {
  path: string;
  error: string;
}

interface ListAnswer {
  dashboards: DashboardEntry[];
  broken?: BrokenFile[];
}

/** All dashboards. */
export function useDashboards(): Omit<Loading<DashboardEntry[]>, 'data'> & { data: DashboardEntry[] | undefined; broken: readonly BrokenFile[] } {
  const answer = useAnswer<ListAnswer>('dashboards');
  return { ...answer, data: answer.data?.dashboards, broken: answer.data?.broken ?? [] };
}
