/** `promotion`: how long jobs of each class may wait before they are moved to a free model. */
import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import type { PromotionLimit } from '../domain/promotion.ts';
import { durationUpTo, formatDuration } from './quantities.ts';

const expected = 'expected a duration of at least 100ms such as 2s, deadline, or off';
const shortestMs = 100;

const limit = z
  .union(
    [
      z.enum(['deadline', 'off']),
      durationUpTo(limits.deadlineMaxMs, formatDuration(limits.deadlineMaxMs)).refine(
        (durationMs) => durationMs >= shortestMs,
        expected,
      ),
    ],
    expected,
  )
  .transform((value): PromotionLimit => value);

export const promotionSchema = z.strictObject({
  urgent: limit
    .prefault('2s')
    .describe(
      'How long an urgent job may wait, counted as what it has waited and what it will probably ' +
        'wait on; beyond that, or when its deadline is in danger, it moves. `deadline`: only for ' +
        'its deadline. `off`: never.',
    ),
  high: limit.prefault('10s').describe('The same for the class `high`.'),
  normal: limit.prefault('deadline').describe('The same for the class `normal`.'),
  low: limit.prefault('off').describe('The same for the class `low`. Bulk work is never moved.'),
  to_fallbacks: z
    .boolean('expected true or false')
    .default(false)
    .describe('Whether jobs that name just one model may be moved to its `fallbacks`.'),
});
