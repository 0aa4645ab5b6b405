/** The section `rules` of the configuration: conditions on jobs and effects on their routes. */
import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { capabilityNames, jobKinds, routeStrategies } from '../domain/model-catalog.ts';
import { priorityClasses } from '../domain/priority.ts';
import type { NumberRange, RuleCondition, RuleEffects } from '../domain/routing-rule.ts';
import { complexities, taskClasses } from '../domain/task-class.ts';
import { durationUpTo } from './quantities.ts';
import { scoreWeights } from './score-weights-schema.ts';

const patternsMax = 100;
/** As its text says. */
const patternCharactersMax = 256;
const patternExpected = 'expected a text of 1 to 256 characters, * only at its end';
const pattern = z
  .string(patternExpected)
  .min(1, patternExpected)
  .max(patternCharactersMax, patternExpected)
  .regex(/^[^*]*\*?$/, patternExpected);

const patterns = oneOrMore(pattern, 'expected a text, one ending with *, or a list of such');

/** Headers that carry credentials are for nobody but who checks them. */
const credentialHeader = /auth|cookie|token|secret|password|signature|api-?key/i;
const headerExpected = 'expected a header name of letters, digits and hyphens';
const headerName = z
  .string(headerExpected)
  .regex(/^[A-Za-z0-9-]{1,64}$/, headerExpected)
  .refine((name) => !credentialHeader.test(name), 'rules may not read headers with credentials');

const keyCharactersMax = limits.metadataKeyCharactersMax;
const metadataExpected = `expected a metadata key of 1 to ${keyCharactersMax} characters`;
const metadataKey = z
  .string(metadataExpected)
  .min(1, metadataExpected)
  .max(keyCharactersMax, metadataExpected);

const countExpected = 'expected a whole number from 0';
const count = z.int(countExpected).min(0, countExpected).max(1_000_000_000, countExpected);

const range = z
  .strictObject({
    at_least: count.optional().describe('None: no lower limit.'),
    at_most: count.optional().describe('None: no upper limit.'),
  })
  .refine(
    ({ at_least: low, at_most: high }) => low !== undefined || high !== undefined,
    'expected at_least, at_most or both',
  )
  .refine(
    ({ at_least: low = 0, at_most: high = Number.MAX_SAFE_INTEGER }) => low <= high,
    'expected at_least to be at most at_most, or nothing would fit',
  )
  .transform(({ at_least: atLeast, at_most: atMost }): NumberRange => ({ atLeast, atMost }));

const conditions = (name: string) =>
  z
    .array(
      z.lazy(() => condition),
      'expected a list of conditions',
    )
    .min(1, 'expected at least one condition')
    .max(patternsMax, `expected at most ${patternsMax} conditions`)
    .optional()
    .describe(`Conditions like this one, of which ${name} hold.`);

const condition: z.ZodType<RuleCondition, unknown> = z
  .strictObject({
    tenant: patterns.optional().describe('Whose job it is; `*` at the end for any that begin so.'),
    key: patterns
      .optional()
      .describe('Public id of its API key; of rotated keys that of the first one counts as well.'),
    user: patterns.optional().describe('The `user` of the job.'),
    requested: patterns
      .optional()
      .describe('What the job names: a model, a route, an alias, or one of its list.'),
    kind: oneOrMore(
      z.enum(jobKinds, `expected one of ${jobKinds.join(', ')}`),
      'expected a kind of request, or a list of such',
    )
      .optional()
      .describe('Its kind of request.'),
    priority: oneOrMore(
      z.enum(priorityClasses, `expected one of ${priorityClasses.join(', ')}`),
      'expected a priority class, or a list of such',
    )
      .optional()
      .describe('The class of its priority.'),
    metadata: z
      .record(metadataKey, patterns)
      .optional()
      .describe('Pairs that stand in its metadata; `"*"` for any value.'),
    headers: z
      .record(headerName, patterns)
      .transform((given) =>
        Object.fromEntries(
          Object.entries(given).map(([name, texts]) => [name.toLowerCase(), texts]),
        ),
      )
      .optional()
      .describe('Headers of the request that brought it. Only those named in rules are read.'),
    task: oneOrMore(
      z.enum(taskClasses, `expected one of ${taskClasses.join(', ')}`),
      'expected a task class, or a list of such',
    )
      .optional()
      .describe('The task that the prompt was taken for.'),
    complexity: oneOrMore(
      z.enum(complexities, `expected one of ${complexities.join(', ')}`),
      'expected a complexity, or a list of such',
    )
      .optional()
      .describe('How hard that task was taken to be.'),
    needs: z
      .array(z.enum(capabilityNames, `expected one of ${capabilityNames.join(', ')}`))
      .min(1, 'expected at least one capability')
      .optional()
      .describe('What the request needs; all of it.'),
    input_tokens: range.optional().describe('Input tokens, as estimated.'),
    images: range.optional().describe('Images in the request.'),
    deadline_within: durationUpTo(limits.deadlineMaxMs, '30d')
      .optional()
      .describe('Its deadline is at most as far away.'),
    all: conditions('all'),
    any: conditions('one or more'),
    not: z
      .lazy(() => condition)
      .optional()
      .describe('A condition like this one that does not hold.'),
  })
  .transform(
    ({ input_tokens: inputTokens, deadline_within: deadlineWithinMs, ...same }): RuleCondition => ({
      ...same,
      inputTokens,
      deadlineWithinMs,
    }),
  )
  .meta({ id: 'condition' });

const names = (what: string) =>
  z
    .array(z.string(`expected the name of ${what}`), `expected a list of names of ${what}s`)
    .min(1, `expected at least one name of ${what}`)
    .max(patternsMax, `expected at most ${patternsMax} names`)
    .refine((all) => new Set(all).size === all.length, 'expected each name once');

const effects = z
  .strictObject({
    route_to: oneOrMore(
      z.string('expected the name of a model, a route or an alias'),
      'expected the name of a model, a route or an alias, or a list of models',
    )
      .optional()
      .describe('What is planned in place of what the job names; several are models in order.'),
    require_tags: names('a tag').optional().describe('A model that lacks one is out.'),
    forbid: names('a model').optional().describe('Models that are out.'),
    avoid: names('a model').optional().describe('Models that are out while another remains.'),
    prefer: names('a model').optional().describe('Models that come first.'),
    strategy: z
      .enum(routeStrategies, `expected one of ${routeStrategies.join(', ')}`)
      .optional()
      .describe('In place of the strategy of the route.'),
    weights: scoreWeights.optional().describe('Of its score; without a `strategy` it is balanced.'),
  })
  .refine(
    (given) => Object.values(given).some((value) => value !== undefined),
    'expected at least one of route_to, require_tags, forbid, avoid, prefer, strategy and weights',
  )
  .refine(
    ({ strategy = 'balanced', weights }) => weights === undefined || strategy === 'balanced',
    { path: ['weights'], error: 'expected no weights with this strategy: only balanced uses them' },
  )
  .transform(
    ({ route_to: routeTo, require_tags: requireTags, ...same }): RuleEffects => ({
      ...same,
      routeTo,
      requireTags,
    }),
  )
  .describe('What it says about their route.');

const nameExpected = 'expected a name of letters, digits and . _ -, at most 64, no leading sign';

export const rulesSchema = z
  .array(
    z.strictObject({
      name: z
        .string(nameExpected)
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, nameExpected)
        .describe('Shown wherever the rule had a part.'),
      when: condition.prefault({}).describe('For which jobs; all that is said here has to hold.'),
      // biome-ignore lint/suspicious/noThenProperty: the word of the file, and never awaited.
      then: effects, // oxlint-disable-line unicorn/no-thenable -- As above.
    }),
    'expected a list of rules',
  )
  .max(limits.rulesMax, `expected at most ${limits.rulesMax} rules`);

/** One, or a list of several; gives the list. */
function oneOrMore<Text extends string>(one: z.ZodType<Text, unknown>, expected: string) {
  const several = z
    .array(one, expected)
    .min(1, 'expected at least one')
    .max(patternsMax, `expected at most ${patternsMax}`);
  return z
    .union([one, several], expected)
    .transform((given): readonly Text[] => (typeof given === 'string' ? [given] : given));
}
