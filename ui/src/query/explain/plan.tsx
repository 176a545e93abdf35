// One step of a plan, and below it the steps that it works on.

export interface Plan {
  operator: string;
  /** The part of the expression that the step evaluates. */
  text: string;
  details: Readonly<Record<string, string>>;
  /** Evaluated once, not at every step of a range. */
  invariant: boolean;
  /** Stands more than once in the expression, and is evaluated once. */
  shared: boolean;
  /** Folded while series are read, never held whole. */
  streamed: boolean;
  children: Plan[];
}

const MARKS = [
  ['streamed', 'streamed', 'Folded while series are read, never held whole'],
  ['shared', 'shared', 'Stands more than once in the expression, and is evaluated once'],
  ['invariant', 'once', 'The same at every step: evaluated once'],
] as const;

/** The step as an item of a list. */
export function PlanNode({ node }: { node: Plan }) {
  return (
    <li class="plan-node">
      <div class="plan-step">
        <strong>{node.operator}</strong>
        {MARKS.map(([field, word, why]) => node[field] && <span key={field} class="tag" title={why}>{word}</span>)}
        <code class="plan-text">{node.text}</code>
        {Object.entries(node.details).map(([name, value]) => (
          <span key={name} class="soft">
            {name}: {value}
          </span>
        ))}
      </div>
      {node.children.length > 0 && (
        <ul>
          {node.children.map((child, index) => <PlanNode key={index} node={child} />)}
        </ul>
      )}
    </li>
  );
}
