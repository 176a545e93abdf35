// Values that are shown as other words.
import { numberOf, type Value } from '../data/frame';
import type { MappingResult, ValueMapping } from '../model';
import { parsePattern } from '../variables/options';

/** What a value is shown as; undefined where no mapping speaks of it. */
export function mapValue(value: Value, mappings: readonly ValueMapping[]): MappingResult | undefined {
  const found = mappings.find((mapping) => fits(value, mapping));
  if (found?.kind !== 'regex' || found.result.text === null) return found?.result;
  const pattern = parsePattern(found.pattern);
  return pattern ? { ...found.result, text: String(value).replace(pattern, found.result.text) } : found.result;
}

function fits(value: Value, mapping: ValueMapping): boolean {
  switch (mapping.kind) {
    case 'value':
      return (
        value !== null &&
        (String(value) === mapping.value || (mapping.value !== '' && numberOf(value) === Number(mapping.value)))
      );
    case 'range': {
      const number = numberOf(value);
      return (
        !Number.isNaN(number) &&
        number >= (mapping.from ?? Number.NEGATIVE_INFINITY) &&
        number <= (mapping.to ?? Number.POSITIVE_INFINITY)
      );
    }
    case 'regex':
      return value !== null && (parsePattern(mapping.pattern)?.test(String(value)) ?? false);
    case 'special':
      return special(value, mapping.match);
  }
}

function special(value: Value, match: Extract<ValueMapping, { kind: 'special' }>['match']): boolean {
  const nan = typeof value === 'number' && Number.isNaN(value);
  switch (match) {
    case 'true':
      return value === true || value === 'true';
    case 'false':
      return value === false || value === 'false';
    case 'null':
      return value === null;
    case 'nan':
      return nan;
    case 'null+nan':
      return value === null || nan;
    case 'empty':
      return value === '';
  }
}
