/** How long a deployment is left alone after it refused a call. */
import { formatDuration } from '@forebay/shared/config/quantities';
import { limits } from '@forebay/shared/domain/limits';
import { type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';

/** Without a Retry-After: long enough to break a storm, short enough not to be noticed. */
const unaskedPauseMs: Partial<Record<ErrorClass, number>> = {
  rate_limited: 1_000,
  overloaded: 1_000,
  server_error: 250,
};

/**
 * @param retryAfterMs what the provider asked for, if anything.
 * @returns milliseconds, at most `limits.lanePauseMsMax`; 0 for classes that pause no lane.
 */
export function lanePauseMs(errorClass: ErrorClass, retryAfterMs: number | undefined): number {
  if (ruleOf(errorClass).next !== 'pause_lane') return 0;
  const wished = retryAfterMs ?? unaskedPauseMs[errorClass] ?? 0;
  return Math.min(wished, limits.lanePauseMsMax);
}

/** What a person reads when a provider asks for more than is granted; else `undefined`. */
export function cutPause(
  errorClass: ErrorClass,
  retryAfterMs: number | undefined,
): string | undefined {
  const grantedMs = lanePauseMs(errorClass, retryAfterMs);
  if (retryAfterMs === undefined || grantedMs === 0 || grantedMs === retryAfterMs) return undefined;
  const seconds = Math.round(retryAfterMs / 1_000) * 1_000;
  return `it asked for ${formatDuration(seconds)}, ${formatDuration(grantedMs)} are granted`;
}
