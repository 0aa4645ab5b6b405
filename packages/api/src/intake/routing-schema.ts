/** What a job may ask of its routing: the field `routing` of the envelope. */
import { limits } from '@forebay/shared/domain/limits';
import { routeStrategies } from '@forebay/shared/domain/model-catalog';
import type { RoutingWishes } from '@forebay/shared/domain/route-plan';
import { decideNothing, scoreWeightMax } from '@forebay/shared/domain/score-weights';
import { z } from 'zod';
import { modelName, objectError } from './request-fields-schema.ts';

const meeting = 'cheapest_meeting';

const strategyExpected = `expected one of ${routeStrategies.join(', ')}`;

const shareExpected = 'expected a number from 0 to 1';
const share = z.number(shareExpected).min(0, shareExpected).max(1, shareExpected);

const weightExpected = `expected a number from 0 to ${scoreWeightMax}`;
const weight = z.number(weightExpected).min(0, weightExpected).max(scoreWeightMax, weightExpected);

/** What is not given keeps the weight that it has. */
export const scoreWeights = z
  .strictObject(
    {
      cost: weight.optional(),
      speed: weight.optional(),
      quality: weight.optional(),
      load: weight.optional(),
    },
    objectError('expected an object with weights for cost, speed, quality or load'),
  )
  .refine((given) => !decideNothing(given), { error: 'expected at least one weight above 0' });

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

const namesMax = limits.preferredModelsMax;
const namesExpected = `expected a list of at most ${namesMax} different models or aliases`;
const names = z
  .array(modelName, namesExpected)
  .max(namesMax, namesExpected)
  .refine((all) => new Set(all).size === all.length, namesExpected);

const sessionExpected =
  `expected text of 1 to ${limits.sessionCharactersMax} characters, ` +
  'without control characters';
const session = z
  .string(sessionExpected)
  .min(1, sessionExpected)
  .max(limits.sessionCharactersMax, sessionExpected)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, sessionExpected);

const routing = z.strictObject(
  {
    strategy: z.enum(routeStrategies, strategyExpected).optional(),
    weights: scoreWeights.optional(),
    min_quality: share.optional(),
    goal: goal.optional(),
    prefer: names.optional(),
    avoid: names.optional(),
    session: session.optional(),
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
  .refine(({ prefer = [], avoid = [] }) => !prefer.some((name) => avoid.includes(name)), {
    path: ['avoid'],
    error: 'expected no model that is in "prefer"',
  })
  .transform(wishesOf);

/** Only what was given: it is kept with the job. */
function wishesOf(given: z.output<typeof routing>): RoutingWishes | undefined {
  const { strategy, min_quality: minQuality, goal: target, session: inSession } = given;
  const { prefer = [], avoid = [] } = given;
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
    ...(prefer.length === 0 ? {} : { prefer }),
    ...(avoid.length === 0 ? {} : { avoid }),
    ...(inSession === undefined ? {} : { session: inSession }),
  };
  return Object.keys(wishes).length === 0 ? undefined : wishes;
}
