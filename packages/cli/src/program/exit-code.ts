/** Which exit code an error leads to, and what is said about it. */
import { ForebayApiError } from '@forebay/client';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { UsageError } from './usage-error.ts';

export const exitCode = {
  done: 0,
  notAsExpected: 1,
  wrongUse: 2,
  unavailable: 3,
  interrupted: 130,
} as const;

/** Refusals that would be the same for any other time and state of the job. */
const wrongUseStatuses: readonly number[] = [400, 401, 403, 405, 413, 415, 422];

export function exitCodeOf(error: unknown): number {
  if (UsageError.is(error)) return exitCode.wrongUse;
  if (ForebayApiError.is(error)) {
    const { status, isRetryable } = error;
    if (status === undefined || isRetryable) return exitCode.unavailable;
    return wrongUseStatuses.includes(status) ? exitCode.wrongUse : exitCode.notAsExpected;
  }
  if (!ForebayError.is(error)) return exitCode.notAsExpected;
  if (error.code === 'store_unavailable') return exitCode.unavailable;
  return error.code === 'invalid_request' ? exitCode.wrongUse : exitCode.notAsExpected;
}

/** Expected failures say what to do; anything else is a mistake of ours and shows where. */
export function describeError(error: unknown): readonly string[] {
  if (UsageError.is(error)) return [error.message];
  if (ForebayError.is(error)) return [error.message];
  if (!ForebayApiError.is(error)) return [String((error as Error)?.stack ?? error)]; // any value
  const details = error.errors.map(({ pointer, detail }) => `  ${pointer || '/'}: ${detail}`);
  const request = error.requestId === undefined ? [] : [`  request ${error.requestId}`];
  return [`${error.message} (${error.code})`, ...details, ...request];
}

/** The same for programs, under `--json`. */
export function errorDocument(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  if (!ForebayApiError.is(error)) {
    const code = ForebayError.is(error) ? error.code : 'wrong_use';
    return { error: { code: UsageError.is(error) ? 'wrong_use' : code, message } };
  }
  const { code, status, param, errors, requestId } = error;
  return {
    error: {
      code,
      message,
      status: status ?? null,
      param: param ?? null,
      errors,
      request_id: requestId ?? null,
    },
  };
}
