/**
 * Reads fields of a parsed scenario one by one and collects every problem with its place.
 *
 * A field that is wrong is reported and read as absent, so one pass finds all problems.
 */
import { isRecord } from '../text/is-record.ts';

export type FieldPath = readonly (string | number)[];

/** One thing that is wrong in a scenario. */
export interface Problem {
  path: FieldPath;
  message: string;
}

/** Reads one object of a scenario. */
export class FieldReader {
  readonly #fields: Record<string, unknown>;
  readonly path: FieldPath;
  readonly #problems: Problem[];
  readonly #known = new Set<string>();

  constructor(problems: Problem[], value: unknown, path: FieldPath) {
    this.#problems = problems;
    this.path = path;
    this.#fields = isRecord(value) ? value : {};
    const nothing = value === undefined || value === null;
    if (!isRecord(value) && !nothing) this.report([], 'expected a mapping');
  }

  report(path: FieldPath, message: string): void {
    this.#problems.push({ path: [...this.path, ...path], message });
  }

  /** The raw value; undefined when absent or null. */
  raw(name: string): unknown {
    this.#known.add(name);
    return this.#fields[name] ?? undefined;
  }

  /** The names present. */
  names(): string[] {
    return Object.keys(this.#fields);
  }

  /** A reader for the object under a name; an empty one when absent. */
  object(name: string): FieldReader {
    return new FieldReader(this.#problems, this.raw(name), [...this.path, name]);
  }

  /** Readers for each object of a list. */
  list(name: string): FieldReader[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.report([name], 'expected a list');
      return [];
    }
    return value.map(
      (item, index) => new FieldReader(this.#problems, item, [...this.path, name, index]),
    );
  }

  number(name: string, bounds: { min: number; max?: number; whole?: boolean }): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const max = bounds.max ?? Number.MAX_SAFE_INTEGER;
    const fits = typeof value === 'number' && value >= bounds.min && value <= max;
    if (fits && (bounds.whole !== true || Number.isInteger(value))) return value;
    const what = bounds.whole === true ? 'a whole number' : 'a number';
    const upTo = bounds.max === undefined ? '' : ` and at most ${bounds.max}`;
    this.report([name], `expected ${what} of at least ${bounds.min}${upTo}`);
    return undefined;
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'string') return value;
    this.report([name], 'expected text');
    return undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'boolean') return value;
    this.report([name], 'expected true or false');
    return undefined;
  }

  texts(name: string): string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    this.report([name], 'expected a list of texts');
    return undefined;
  }

  /** Reports every field that nobody has asked for. */
  refuseUnknown(): void {
    for (const name of this.names()) {
      if (this.#known.has(name)) continue;
      this.report([name], `unknown field; known: ${[...this.#known].join(', ')}`);
    }
  }
}
