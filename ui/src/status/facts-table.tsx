// Names and values, one a line.

/** The table. */
export function FactsTable({ title, rows }: {
  title: string;
  rows: readonly (readonly [string, string])[];
}) {
  return (
    <section class="card">
      <h2>{title}</h2>
      <table class="table facts">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value === '' ? <span class="soft">not set</span> : value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
