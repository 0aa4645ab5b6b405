/** The tour as a file: one job a line, with what is expected to become of it. */
import { readFileSync } from 'node:fs';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';

const endings = ['succeeded', 'failed', 'cancelled', 'expired', 'rejected'] as const;

export type TourEnding = (typeof endings)[number];

export interface TourExpectation {
  /** `rejected`: the API refuses the job and none is made. */
  readonly status: TourEnding;
  /** The error's code, where it matters. */
  readonly code: string | undefined;
  /** The model that answers, where it matters. */
  readonly model: string | undefined;
}

export interface TourLine {
  readonly name: string;
  readonly task: string;
  /** The body of `POST /v1/jobs`. */
  readonly job: JsonObject;
  readonly expect: TourExpectation;
}

/**
 * Reads the file; `${NAME}` is replaced by the given values.
 *
 * @throws ForebayError `invalid_request` naming the line that is wrong.
 */
export function readTourFile(
  path: string,
  values: Readonly<Record<string, string>>,
): readonly TourLine[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((text, index) => {
    if (text.trim() === '') return [];
    const filled = text.replaceAll(/\$\{([A-Z_]+)\}/g, (whole, name: string) => {
      return values[name] ?? whole;
    });
    const line = parseLine(filled);
    if (typeof line !== 'string') return [line];
    throw new ForebayError('invalid_request', `${path}:${index + 1}: ${line}`);
  });
}

/** A line, or what is wrong with it. */
function parseLine(text: string): TourLine | string {
  const value = parseJson(text);
  if (!isJsonObject(value)) return 'expected a JSON object';
  const { name, task, job, expect } = value;
  if (typeof name !== 'string' || typeof task !== 'string') return 'expected "name" and "task"';
  if (!isJsonObject(job)) return 'expected "job", the body of POST /v1/jobs';
  const wanted = isJsonObject(expect) ? expect : {};
  const status = endings.find((ending) => ending === wanted['status']);
  if (status === undefined) return `expected "expect.status" to be one of ${endings.join(', ')}`;
  const { code, model } = wanted;
  return {
    name,
    task,
    job,
    expect: {
      status,
      code: typeof code === 'string' ? code : undefined,
      model: typeof model === 'string' ? model : undefined,
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Reported by the caller with the number of the line.
    return undefined;
  }
}
