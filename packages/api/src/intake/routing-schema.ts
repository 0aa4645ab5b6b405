/** What a job may ask of its routing: the field `routing` of the envelope. */
import { limits } from '@forebay/shared/domain/limits';
import { routeStrategies } from '@forebay/shared/domain/model-catalog';
import type { RoutingWishes } from '@forebay/shared/domain/route-plan';
import { z } from 'zod';
import { objectError } from './request-fields-schema.ts';

const meeting = 'cheapest_meeting';

const strategyExpected = `expected one of ${routeStrategies.join(', ')}`;

const shareExpected = 'expected a number from 0 to 1';
const share = z.number(shareExpected).min(0, shareExpected).max(1, shareExpected);

const weightMax = 1_000;
const weightExpected = `expected a number from 0 to ${weightMax}`;
const weight = z.number(weightExpected).min(0, weightExpected).max(weightMax, weightExpected);

const weights = z
  .strictObject(
    {
      cost: weight.optional(),
      speed: weight.optional(),
      quality: weight.optional(),
      load: weight.optional(),
    },
    objectError('expected an object with weights for cost, speed, quality or load'),
  )
  // A part that is not named keeps the weight that it has.
  .refine(({ cost = 1, speed = 1, quality = 1, load = 1 }) => cost + speed + quality + load > 0, {
    error: 'expected at least one weight above 0',
  });

const secondsMax = limits.deadlineMaxMs / 1000;
const secondsExpected = `expected a number of seconds above 0 and at most ${secondsMax}`;

const goal = z.strictObject(
  {
    quality: share.optional(),
    seconds: z
      .number(secondsExpected)
      .positive(secondsExpected)
      .max(secondsMax, secondsExpected)
      .optional(),
  },
  objectError('expected an object with "quality", "seconds" or both'),
);

const routing = z.strictObject(
  {
    strategy: z.enum(routeStrategies, strategyExpected).optional(),
    weights: weights.optional(),
    min_quality: share.optional(),
    goal: goal.optional(),
  },
  objectError('expected an object such as {"strategy": "fastest", "min_quality": 0.7}'),
);

/** Refuses what the strategy would never read. */
export const routingField = routing
  .refine((given) => given.weights === undefined || (given.strategy ?? 'balanced') === 'balanced', {
    path: ['weights'],
    error: 'expected no weights with this strategy: only balanced uses them',
  })
  .refine((given) => given.goal === undefined || (given.strategy ?? meeting) === meeting, {
    path: ['goal'],
    error: `expected no goal with this strategy: only ${meeting} has one`,
  })
  .refine((given) => given.weights === undefined || given.goal === undefined, {
    path: ['goal'],
    error: 'expected "weights" or "goal", not both',
  })
  .transform(wishesOf);

/** Only what was given: it is kept with the job. */
function wishesOf(given: z.output<typeof routing>): RoutingWishes | undefined {
  const { strategy, min_quality: minQuality, goal: target } = given;
  const { quality, seconds } = target ?? {};
  const wishes: RoutingWishes = {
    ...(strategy === undefined ? {} : { strategy }),
    ...(given.weights === undefined ? {} : { weights: given.weights }),
    ...(minQuality === undefined ? {} : { minQuality }),
    ...(target === undefined
      ? {}
      : {
          goal: {
            ...(quality === undefined ? {} : { quality }),
            ...(seconds === undefined ? {} : { deadlineMs: seconds * 1000 }),
          },
        }),
  };
  return Object.keys(wishes).length === 0 ? undefined : wishes;
}
