// The command-line flags that are in force.
import { useState } from 'preact/hooks';
import { useAnswer } from '../api/use-answer';
import { Empty } from '../parts/notice';
import { SearchBox } from '../parts/search-box';
import { FactsTable } from './facts-table';
import { PageFrame } from './page-frame';

/** The page. */
export function FlagsPage() {
  const flags = useAnswer<Record<string, string>>('status/flags');
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  return (
    <PageFrame
      title="Flags"
      lead="Command-line flags in force, defaults included."
      tools={<SearchBox label="Search flags and values" value={search} onChange={setSearch} />}
      answer={flags}
    >
      {(data) => {
        const found = Object.entries(data)
          .filter(([name, value]) => `--${name} ${value}`.toLowerCase().includes(wanted))
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]): [string, string] => [`--${name}`, value]);
        return found.length > 0 ? (
          <FactsTable title={`${found.length} flags`} rows={found} />
        ) : (
          <Empty title="No flag matches.">
            <p>Search for a part of a flag's name or value.</p>
          </Empty>
        );
      }}
    </PageFrame>
  );
}
