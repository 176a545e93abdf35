// What the first dashboard's page loads: the list, or one of them.
import { parsePath } from './address';
import { DashboardPage } from './dashboard-page';
import { ListPage } from './list-page';
import './styles/index.css';

/** The page of an address. */
export function Dashboards({ path, search }: { path: string; search: string }) {
  const found = parsePath(path);
  return found ? <DashboardPage key={found.uid} uid={found.uid} search={search} /> : <ListPage search={search} />;
}
