/** Turns what a schema found into one error that names every field, expectation and remedy. */

import { type ErrorDetail, ForebayError } from '@forebay/shared/domain/forebay-error';
import { nearestName } from '@forebay/shared/domain/nearest-name';

/** The part of a schema library's issue that is needed here. */
export interface SchemaIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The names, where an object has members that it should not have. */
  readonly keys?: readonly string[];
}

/** Most problems that an error tells of. */
export const problemsMax = 32;

/**
 * @param fields names that the outermost object may have, for suggestions.
 * @throws ForebayError `invalid_request`, always.
 */
export function throwRequestProblems(
  issues: readonly SchemaIssue[],
  fields: readonly string[],
): never {
  const errors = issues.flatMap((issue) => problemsOf(issue, fields)).slice(0, problemsMax);
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see errors)` : '';
  throw new ForebayError('invalid_request', `${first?.detail ?? 'The body is wrong.'}${more}`, {
    ...(first === undefined ? {} : { param: paramOf(first.pointer) }),
    errors,
  });
}

/** One problem of the given field, for checks that no schema can do. */
export function requestProblem(path: readonly PropertyKey[], expected: string): ForebayError {
  const detail = textOf(path, expected);
  return new ForebayError('invalid_request', detail, {
    param: paramOf(pointerOf(path)),
    errors: [{ pointer: pointerOf(path), code: 'invalid_value', detail }],
  });
}

/** RFC 6901: `['a/b', 0]` is `/a~1b/0`. */
function pointerOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

function problemsOf(issue: SchemaIssue, fields: readonly string[]): ErrorDetail[] {
  if (issue.code !== 'unrecognized_keys') {
    const detail = textOf(issue.path, issue.message);
    return [{ pointer: pointerOf(issue.path), code: 'invalid_value', detail }];
  }
  return (issue.keys ?? []).map((key) => {
    const path = [...issue.path, key];
    const similar = issue.path.length === 0 ? nearestName(key, fields) : undefined;
    const remedy = similar === undefined ? 'remove it' : `did you mean "${similar}"?`;
    return {
      pointer: pointerOf(path),
      code: 'unknown_field',
      detail: `${nameOf(path)} is not a field of this object: ${remedy}`,
    };
  });
}

function textOf(path: readonly PropertyKey[], expected: string): string {
  return `${path.length === 0 ? 'The body' : nameOf(path)}: ${expected}.`;
}

/** Quoted and cut: the name comes from the caller. */
function nameOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String).join('.').slice(0, 200));
}

function paramOf(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.').slice(0, 200);
}
