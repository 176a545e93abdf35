// The dashboards of the server.
import { useAnswer } from '../api/use-answer';
import type { Loading } from '../api/use-polled';
import type { DashboardList } from './model';

/** All dashboards, and the files beside them that give none. */
export function useDashboards(): Loading<DashboardList> {
  return useAnswer<DashboardList>('dashboards');
}
