/** The breaker of a model's deployments as it may be written in the configuration. */
import { z } from 'zod';
import { durationUpTo, wholeNumber } from './quantities.ts';

const share = 'expected a number from 0.01 to 1';

/** An outage of a minute must not keep a deployment out for an hour. */
const breakerOpenMaxMs = 10 * 60 * 1_000;
const breakerTime = durationUpTo(breakerOpenMaxMs, '10m');

export const breakerSchema = z
  .strictObject({
    failures: wholeNumber(1, 1_000).default(5).describe('Failures in a row that open it.'),
    error_rate: z
      .number(share)
      .min(0.01, share)
      .max(1, share)
      .default(0.5)
      .describe('Share of failed calls that opens it.'),
    min_calls: wholeNumber(1, 100_000)
      .default(20)
      .describe(
        'Calls within 10 to 20 seconds without which their share of failures says nothing.',
      ),
    open: breakerTime
      .prefault('5s')
      .describe('How long no call starts at first; each time that it opens again, twice as long.'),
    max_open: breakerTime
      .prefault('1m')
      .describe('The longest that it stays open before one call tries.'),
    ramp: breakerTime
      .prefault('10s')
      .describe('From the first answer until all calls that `concurrency` allows may run again.'),
  })
  .refine(({ open, max_open }) => open <= max_open, {
    error: 'expected a max_open that is not below open',
    path: ['max_open'],
  });
