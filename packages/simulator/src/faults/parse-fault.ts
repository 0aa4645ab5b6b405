import { type Fault, type FaultKind, type FaultParameter, faultParameters } from './fault.ts';

/** A fault with its parameters filled in, or what is wrong with them. */
export type ParsedFault =
  | { kind: 'ok'; fault: Fault }
  | { kind: 'invalid'; parameter: string; message: string };

/** Checks given parameters (numbers may be text) and fills in the defaults of the others. */
export function parseFault(faultKind: FaultKind, given: ReadonlyMap<string, unknown>): ParsedFault {
  const known = faultParameters(faultKind);
  for (const name of given.keys()) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).join(', ') || 'none';
      return { kind: 'invalid', parameter: name, message: `unknown parameter; known: ${names}` };
    }
  }
  const parameters = new Map<string, string | number>();
  for (const [name, rule] of Object.entries(known)) {
    const value = readParameter(rule, given.get(name));
    if (value === null) return { kind: 'invalid', parameter: name, message: expected(rule) };
    parameters.set(name, value);
  }
  return { kind: 'ok', fault: { kind: faultKind, parameters } };
}

function readParameter(rule: FaultParameter, given: unknown): string | number | null {
  if (given === undefined) return rule.default;
  if (rule.type === 'choice') {
    // YAML reads a bare yes or no as text, true and false as booleans; both mean the same here.
    const word = given === true ? 'yes' : given === false ? 'no' : given;
    return typeof word === 'string' && rule.choices.includes(word) ? word : null;
  }
  const number = typeof given === 'string' ? Number(given) : given;
  if (typeof number !== 'number' || !Number.isFinite(number)) return null;
  return number >= rule.min ? number : null;
}

function expected(rule: FaultParameter): string {
  if (rule.type === 'choice') return `expected one of ${rule.choices.join(', ')}`;
  return `expected a number of at least ${rule.min}`;
}
