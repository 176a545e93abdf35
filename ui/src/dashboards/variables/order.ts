// Variables whose queries name other variables come after them.
import type { Variable } from '../model';
import { references } from './interpolate';

/** The variables in an order in which each finds those it names; a circle is broken where it is met. */
export function inOrder(variables: readonly Variable[]): Variable[] {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const done = new Set<string>();
  const order: Variable[] = [];
  const visit = (variable: Variable): void => {
    if (done.has(variable.name)) return;
    done.add(variable.name);
    for (const name of references(textOf(variable))) {
      const other = byName.get(name);
      if (other) visit(other);
    }
    order.push(variable);
  };
  variables.forEach(visit);
  return order;
}

function textOf(variable: Variable): string {
  return `${JSON.stringify(variable.query ?? '')} ${variable.regex} ${variable.allValue}`;
}
