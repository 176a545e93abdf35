// All dashboards: by folder, with a search and tags.
import { useMemo } from 'preact/hooks';
import { go } from '../lib/router';
import { formatCount } from '../lib/number';
import { matches } from '../lib/search';
import { Link } from '../parts/link';
import { Empty, Failure, Notice, Waiting } from '../parts/notice';
import { SearchBox } from '../parts/search-box';
import { changeSearch, pathOf } from './address';
import { useDashboards } from './list';
import type { DashboardEntry } from './model';

/** Dashboards drawn at once; searching finds the others. */
const MAX_SHOWN = 500;

/** The page. */
export function ListPage({ search }: { search: string }) {
  const all = useDashboards();
  const params = new URLSearchParams(search);
  const [text, tags, folder] = [params.get('search') ?? '', params.getAll('tag'), params.get('folder')];
  const change = (parts: Parameters<typeof changeSearch>[1]) => go('dashboards', changeSearch(search, parts), true);
  const found = useMemo(
    () =>
      (all.data?.dashboards ?? []).filter(
        (one) =>
          matches(`${one.title} ${one.folder} ${one.tags.join(' ')}`, text) &&
          tags.every((tag) => one.tags.includes(tag)) &&
          (folder === null || one.folder === folder),
      ),
    [all.data, search],
  );
  const known = useMemo(() => countTags(all.data?.dashboards ?? []), [all.data]);
  if (all.error && !all.data) return <Failure error={all.error} retry={all.reload} />;
  if (!all.data) return <Waiting what="the dashboards" />;
  const folders = [...new Set(found.map((one) => one.folder))].sort();
  return (
    <div class="page">
      <div class="page-head">
        <h1>Dashboards</h1>
        <span class="soft" role="status">
          {formatCount(found.length)} of {formatCount(all.data.dashboards.length)}
        </span>
      </div>
      {all.data.problems.length > 0 && (
        <Notice tone="warn" title={`${formatCount(all.data.problems.length)} files could not be read.`}>
          <ul>
            {all.data.problems.slice(0, 20).map(({ file, message }) => (
              <li key={file}>
                <code>{file}</code> {message}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <div class="toolbar">
        <SearchBox
          label="Search title, folder and tags"
          value={text}
          onChange={(value) => change({ search: value || null })}
          focus
        />
        {folder !== null && (
          <button type="button" class="button" onClick={() => change({ folder: null })}>
            Folder {folder || 'General'}: show all
          </button>
        )}
      </div>
      {known.length > 0 && (
        <div class="filter-buttons dash-tags" role="group" aria-label="Tags">
          {known.map(([tag, count]) => (
            <button
              key={tag}
              type="button"
              class="filter-button"
              aria-pressed={tags.includes(tag)}
              onClick={() => change({ tag: tags.includes(tag) ? tags.filter((one) => one !== tag) : [...tags, tag] })}
            >
              {tag} <strong>{formatCount(count)}</strong>
            </button>
          ))}
        </div>
      )}
      {all.data.dashboards.length === 0 && (
        <Empty title="There are no dashboards yet.">
          <p>
            Start the server with <code>--dashboards.path</code> and a folder of Grafana's JSON files.
          </p>
        </Empty>
      )}
      {all.data.dashboards.length > 0 && found.length === 0 && <Empty title="Nothing matches." />}
      {folders.map((name) => (
        <section key={name} class="card dash-folder">
          <h2>{name || 'General'}</h2>
          <ul>
            {found
              .filter((one) => one.folder === name)
              .slice(0, MAX_SHOWN)
              .map((one) => (
                <Line key={one.uid} entry={one} />
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Line({ entry }: { entry: DashboardEntry }) {
  return (
    <li>
      <Link path={pathOf(entry)}>{entry.title}</Link>
      <span class="dash-folder-tags">
        {entry.tags.map((tag) => (
          <span key={tag} class="tag">
            {tag}
          </span>
        ))}
      </span>
      {entry.problems > 0 && (
        <span class="soft">
          ◔ {formatCount(entry.problems)} {entry.problems === 1 ? 'part' : 'parts'} not as meant
        </span>
      )}
    </li>
  );
}

/** Tags with how many have them, the most used first. */
function countTags(entries: readonly DashboardEntry[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { tags } of entries) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, 40);
}
