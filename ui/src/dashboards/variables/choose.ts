// Which values a variable has: the address says it, else the document, else the first there is.
import type { Variable, VariableOption } from '../model';
import type { Chosen } from './format';

/** A variable with what there is to choose from and what is chosen. */
export interface VariableState {
  variable: Variable;
  options: readonly VariableOption[];
  /** Values as the address has them; `$__all` for all. */
  selected: readonly string[];
  chosen: Chosen;
  /** Why there are no options. */
  error: string | null;
  /** Options that were found beyond those that are kept. */
  cut: number;
}

export const ALL = '$__all';

/** Values up to which "All" is written as an alternation; beyond, queries would take longer to parse than to run. */
const MAX_ALTERNATION = 500;

/** Chooses; `asked` is what the address says, if anything. */
export function choose(
  variable: Variable,
  options: readonly VariableOption[],
  asked: readonly string[] | undefined,
): Pick<VariableState, 'selected' | 'chosen'> {
  const selected = select(variable, options, asked);
  return { selected, chosen: describe(variable, options, selected) };
}

function select(
  variable: Variable,
  options: readonly VariableOption[],
  asked: readonly string[] | undefined,
): readonly string[] {
  if (variable.kind === 'textbox' || variable.kind === 'constant' || variable.kind === 'adhoc') {
    return (
      asked ?? (variable.current.length > 0 ? variable.current : variable.options.slice(0, 1).map(({ value }) => value))
    );
  }
  // What a link says holds even where the value is gone: the page then shows that nothing is there.
  if (asked && asked.length > 0) {
    // `All` is a value like any other where there is no choice of all.
    const read = asked.map((given) => (given === ALL && !variable.includeAll ? 'All' : given));
    const wanted = read.map(
      (given) => options.find(({ text, value }) => value === given || text === given)?.value ?? given,
    );
    return variable.multi ? wanted : wanted.slice(0, 1);
  }
  const known = variable.current.filter(
    (value) => (value === ALL && variable.includeAll) || options.some((option) => option.value === value),
  );
  if (known.length > 0) return variable.multi ? known : known.slice(0, 1);
  if (variable.kind === 'query' && options.length === 0 && variable.current.length > 0 && !variable.includeAll) {
    return variable.current;
  }
  if (variable.includeAll) return [ALL];
  return options.slice(0, 1).map(({ value }) => value);
}

function describe(variable: Variable, options: readonly VariableOption[], selected: readonly string[]): Chosen {
  const { name, multi, includeAll, allValue } = variable;
  const pattern = multi || includeAll;
  if (selected.includes(ALL)) {
    const whole = allValue || (options.length > MAX_ALTERNATION && variable.regex === '' ? '.*' : null);
    return { name, values: options.map(({ value }) => value), texts: ['All'], pattern, all: whole };
  }
  const texts = selected.map((value) => options.find((option) => option.value === value)?.text ?? value);
  return { name, values: selected, texts, pattern, all: null };
}
