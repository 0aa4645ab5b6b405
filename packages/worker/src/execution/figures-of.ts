import type { JobRecord } from '@forebay/shared/domain/job';
import { ruleOf } from '@forebay/shared/domain/outcome';
import type { JudgedEnd } from '../settlement/judge-attempt.ts';

/**
 * How a call failed, as far as it may be kept: of a shadow nothing that its provider wrote, for
 * providers quote from requests, and the request is not the shadow's.
 */
export function figuresOf({ spec }: Pick<JobRecord, 'spec'>, end: JudgedEnd): JudgedEnd {
  if (spec.shadowOf === undefined || end.error === undefined) return end;
  const message = ruleOf(end.error.class, end.ambiguity).text;
  return { ...end, error: { ...end.error, code: undefined, message } };
}
