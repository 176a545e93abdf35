// The dashboards of the server.
import { useAnswer } from '../api/use-answer';
import type { Loading } from '../api/use-polled';

/** One of them, as the list has it. */
export interface DashboardEntry {
  uid: string;
  title: string;
  description: string;
  folder: string;
  tags: string[];
  /** How many parts are not shown as their author meant them. */
  problems: number;
  /** Why it may not be saved; empty where it may. */
  readOnly: string;
}

/** A file that gives no dashboard. */
export interface BrokenFile {
  file: string;
  message: string;
}

interface ListAnswer {
  dashboards: DashboardEntry[];
  problems: BrokenFile[];
}

/** All dashboards. */
export function useDashboards(): Omit<Loading<DashboardEntry[]>, 'data'> & { data: DashboardEntry[] | undefined; broken: readonly BrokenFile[] } {
  const answer = useAnswer<ListAnswer>('dashboards');
  return { ...answer, data: answer.data?.dashboards, broken: answer.data?.problems ?? [] };
}
