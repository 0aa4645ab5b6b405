/** Reads what an operator wants of a breaker: strict, every problem at once. */
import { durationUpTo } from '@forebay/shared/config/quantities';
import { breakerWhyExpected, isBreakerWhy } from '@forebay/shared/domain/breaker-why';
import { limits } from '@forebay/shared/domain/limits';
import type { BreakerOrder } from '@forebay/shared/ports/lane-store';
import { z } from 'zod';
import { objectError } from '../intake/request-fields-schema.ts';
import { throwRequestProblems } from '../intake/request-problems.ts';

export type BreakerRequest = Pick<BreakerOrder, 'state' | 'forMs' | 'why'>;

const shape = {
  state: z.enum(['open', 'closed'], 'expected "open" or "closed"'),
  for: durationUpTo(limits.breakerByHandMsMax, '30d').optional(),
  why: z.string(breakerWhyExpected).refine(isBreakerWhy, breakerWhyExpected).optional(),
};

const expected = 'expected an object with "state" and, if wanted, "for" and "why"';
const schema = z.strictObject(shape, objectError(expected));

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseBreakerRequest(body: unknown): BreakerRequest {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(shape));
  const { state, for: askedMs, why } = parsed.data;
  const unaskedMs = state === 'open' ? limits.breakerByHandMsMax : 0;
  return { state, forMs: askedMs ?? unaskedMs, why };
}
