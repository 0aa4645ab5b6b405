/**
 * The configuration file as a schema: what may be written, with defaults and the descriptions
 * from which `docs/configuration.md` is generated. References between sections are checked in
 * `check-references.ts`, after every value by itself is right.
 */
import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { capabilityNames, jobKinds, routeStrategies } from '../domain/model-catalog.ts';
import { taskClasses } from '../domain/task-class.ts';
import { aliasSchema, date } from './aliases-schema.ts';
import { breakerSchema } from './breaker-schema.ts';
import { learningSettings } from './learning-schema.ts';
import { billings } from './price-row-of.ts';
import { priceSchema } from './price-schema.ts';
import { promotionSchema } from './promotion-schema.ts';
import { outputCapField, providerSchema, thinkingForm } from './provider-schema.ts';
import { durationUpTo, formatDuration, usdAmount, wholeNumber } from './quantities.ts';
import { rulesSchema } from './rules-schema.ts';
import { scoreWeights, weight } from './score-weights-schema.ts';
import { shadowSchema } from './shadow-schema.ts';
import { taskSettings } from './task-schema.ts';

const modelNamePattern = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;
const shortNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const modelName = z
  .string('expected a model name')
  .regex(modelNamePattern, 'expected letters, digits and . _ : / -, at most 128, no leading sign');

const shortName = z
  .string('expected a name')
  .regex(shortNamePattern, 'expected letters, digits and . _ -, at most 64, no leading sign');

const tokens = wholeNumber(1, 100_000_000);
const flag = z.boolean('expected true or false');

const priceName = z
  .string('expected the name of a price, such as openai/gpt-5')
  .regex(/^[^\s/]+\/\S+$/, 'expected the name of a price, such as openai/gpt-5')
  .max(256, 'expected at most 256 characters');

const attemptTotalMaxMs = 60 * 60 * 1_000;
const timeout = durationUpTo(attemptTotalMaxMs, '1h');

const timeouts = z.strictObject({
  connect: timeout
    .prefault(formatDuration(limits.connectTimeoutMs))
    .describe('Until the connection stands.'),
  first_byte: timeout
    .prefault(formatDuration(limits.firstByteTimeoutMs))
    .describe('From sending to the first byte of the answer.'),
  idle: timeout
    .prefault(formatDuration(limits.idleTimeoutMs))
    .describe('Longest silence in the middle of an answer.'),
  total: timeout
    .prefault(formatDuration(limits.attemptTimeoutMs))
    .describe('The whole attempt; the deadline of the job may end it sooner.'),
});

const deployment = z.strictObject({
  name: shortName.optional().describe('Unique within the model. None: the name of the provider.'),
  provider: z.string('expected the name of a provider').describe('A name under `providers`.'),
  model: z
    .string('expected the model name of the provider')
    .min(1, 'expected the model name of the provider')
    .max(256, 'expected at most 256 characters')
    .optional()
    .describe('What the provider calls the model. None: as here.'),
  concurrency: wholeNumber(1, 10_000)
    .default(4)
    .describe('Calls at the same time, over all processes.'),
  rpm: wholeNumber(1, 10_000_000).optional().describe('Requests per minute. None: no limit.'),
  rpm_burst: wholeNumber(1, 10_000)
    .optional()
    .describe('Requests that may start at once after a quiet minute. None: `concurrency`.'),
  tpm: wholeNumber(1, 10_000_000_000)
    .optional()
    .describe('Tokens per minute, counted when they are reserved. None: no limit.'),
  weight: wholeNumber(1, 1_000)
    .default(1)
    .describe(
      'Share of the calls among deployments of the same order, for each place that `concurrency` ' +
        'gives: alike everywhere, each gets calls in the ratio of its places.',
    ),
  order: wholeNumber(0, 100).default(0).describe('Lower ones are tried first.'),
  stream: flag
    .default(true)
    .describe('Whether chat calls stream upstream, so that silence is noticed early.'),
  output_cap_field: outputCapField.optional().describe('None: that of the provider.'),
  thinking: thinkingForm.optional().describe('None: that of the provider.'),
  price: priceSchema.optional().describe('None: the price of the model.'),
  price_from: priceName
    .optional()
    .describe('A price by its name, out of the file of `prices` or the list of known services.'),
  billed_as: z
    .enum(billings, `expected one of ${billings.join(', ')}`)
    .default('standard')
    .describe('`batch`: this endpoint bills the `batch_multiplier` of its price.'),
});

const shareExpected = 'expected a number from 0 to 1';
const share = z.number(shareExpected).min(0, shareExpected).max(1, shareExpected);

const qualityPrior = z
  .union(
    [share, z.partialRecord(z.enum(['default', ...taskClasses]), share)],
    `expected a number from 0 to 1, or one for each of default, ${taskClasses.join(', ')}`,
  )
  .transform((given) => (typeof given === 'number' ? { default: given } : given));

const model = z.strictObject({
  kinds: z
    .array(z.enum(jobKinds, `expected one of ${jobKinds.join(', ')}`))
    .min(1, 'expected at least one kind')
    .default(['chat.completions'])
    .describe('Requests that it serves.'),
  capabilities: z
    .array(z.enum(capabilityNames, `expected one of ${capabilityNames.join(', ')}`))
    .default([])
    .describe('What it can do beyond plain text.'),
  context_window: tokens.describe('Input and output tokens together.'),
  default_output_tokens: tokens
    .optional()
    .describe('Sent as the output cap when a job gives none. None: 4096, or the maximum if lower.'),
  max_output_tokens: tokens
    .optional()
    .describe('The largest output cap that it accepts. None: the context window.'),
  image_tokens_max: wholeNumber(1, 1_000_000)
    .optional()
    .describe('The most input tokens that one inline image can cost. None: no images.'),
  timeouts: timeouts.prefault({}).describe('How long an attempt may take.'),
  price: priceSchema
    .optional()
    .describe('None: `price_from`, else what is listed for the service of each deployment.'),
  price_from: priceName
    .optional()
    .describe('A price by its name, out of the file of `prices` or the list of known services.'),
  quality: qualityPrior
    .optional()
    .describe(
      'How good its answers are, from 0 to 1, until answers have been judged: one number, or one ' +
        'for each task class, with `default` for the others. None: not known.',
    ),
  breaker: z
    .union(
      [z.literal('off'), breakerSchema],
      'expected off, or a mapping of failures, error_rate, min_calls, open, max_open and ramp',
    )
    .prefault({})
    .describe('When a deployment is left alone because its calls fail: each has a breaker.'),
  tags: z
    .array(shortName)
    .default([])
    .describe('Free words for people and for rules, such as `open_weights`.'),
  fallbacks: z
    .array(z.string('expected the name of a model'))
    .default([])
    .describe('Models to move to, in order, for jobs that name just this one.'),
  context_fallbacks: z
    .array(z.string('expected the name of a model'))
    .default([])
    .describe(
      'Models with a larger window, in order, for prompts that do not fit this one. None: those ' +
        'of the plan whose window is larger.',
    ),
  content_fallbacks: z
    .array(z.string('expected the name of a model'))
    .default([])
    .describe(
      'Models to move to, in order, when this one filters or refuses the content of a job with ' +
        '`fallback_on_filter`. None: the rest of the plan.',
    ),
  retires: date.optional().describe('From then on it takes no new jobs. None: it stays.'),
  replaced_by: z
    .string('expected the name of a model, a route or an alias')
    .optional()
    .describe('What aliases stand for in its place once it is retired; refusals name it.'),
  deployments: z
    .array(deployment)
    .min(1, 'expected at least one deployment')
    .describe('The endpoints that serve it.'),
});

const routeTarget = z
  .union(
    [
      z.string(),
      z.strictObject({
        model: z.string('expected the name of a model').describe('A name under `models`.'),
        weight: weight.default(1).describe('Share under `weighted`; 0 is tried last.'),
      }),
    ],
    'expected a model name or {model, weight}',
  )
  .transform((target) => (typeof target === 'string' ? { model: target, weight: 1 } : target));

const routeGoal = z.strictObject({
  quality: share.optional().describe('The least quality that is looked for. None: any.'),
  deadline: durationUpTo(limits.deadlineMaxMs, '30d')
    .optional()
    .describe('Time from submission to the answer. None: the deadline of the job.'),
});

const route = z.strictObject({
  strategy: z
    .enum(routeStrategies, `expected one of ${routeStrategies.join(', ')}`)
    .default('balanced')
    .describe(
      'How its models are ordered for a job, see [routing.md](routing.md). `round-robin` takes ' +
        'them in turn within each api process: over P processes the shares of two models differ ' +
        'by P jobs at the most.',
    ),
  weights: scoreWeights
    .optional()
    .describe('What counts how much under `balanced`; those not named keep their usual weight.'),
  goal: routeGoal.optional().describe('What `cheapest_meeting` looks for.'),
  min_quality: share
    .optional()
    .describe(
      'Models of a lower quality for a job are left out, by a guess only while another one is ' +
        'left. One that is not known is 0.5.',
    ),
  targets: z
    .array(routeTarget)
    .min(1, 'expected at least one model')
    .describe('Model names, or `{model, weight}`.'),
  canary: z
    .strictObject({
      model: z.string('expected the name of a model').describe('None of `targets`.'),
      percent: z
        .number('expected a number from 0 to 100')
        .min(0, 'expected a number from 0 to 100')
        .max(100, 'expected a number from 0 to 100')
        .describe('Its share of the jobs; those of one session all have it or none.'),
    })
    .optional()
    .describe('A model to be tried out: for its share of the jobs it comes first.'),
  shadow: shadowSchema
    .optional()
    .describe(
      'A model to be compared on real traffic: when one of its share of the jobs has ended, the ' +
        "same request goes to it, too. Its answer is nobody's, see [shadows.md](shadows.md).",
    ),
});

const routing = z.strictObject({
  exploration: share
    .default(0)
    .describe(
      'Share of the jobs under `balanced`, `fastest` and `best` that go to one of their eligible ' +
        'models by chance, so that figures of models that come second do not grow old.',
    ),
});

const defaults = z.strictObject({
  ceiling_usd: usdAmount.prefault('1').describe('Most that a job without a ceiling may cost.'),
  deadline: durationUpTo(limits.deadlineMaxMs, '30d')
    .prefault(formatDuration(limits.deadlineDefaultMs))
    .describe('Time that a job without a deadline has.'),
  risk_retries: wholeNumber(0, limits.riskRetriesMax)
    .default(limits.riskRetriesDefault)
    .describe('Attempts that may follow one whose bill nobody knows.'),
  accept_late: flag
    .default(false)
    .describe('Whether a job is taken in although no model would answer before its deadline.'),
});

const webhooks = z.strictObject({
  allow_http: flag.default(false).describe('Public targets without TLS.'),
  extra_ports: z
    .array(wholeNumber(1, 65_535))
    .max(100, 'expected at most 100 ports')
    .default([])
    .describe('Target ports besides the usual ones of http and https.'),
});

const unpriced = z.union(
  [
    z.literal('refuse'),
    z.strictObject({ allow_at: priceName.describe('The price by which such models are billed.') }),
  ],
  'expected refuse or {allow_at: PRICE}',
);

const usage = z.strictObject({
  metadata_keys: z
    .array(
      z
        .string('expected a metadata key')
        .min(1, 'expected a metadata key')
        .max(
          limits.metadataKeyCharactersMax,
          `expected at most ${limits.metadataKeyCharactersMax} characters`,
        ),
    )
    .max(limits.usageMetadataKeysMax, `expected at most ${limits.usageMetadataKeysMax} keys`)
    .default([])
    .describe('Metadata keys of jobs by which usage can be grouped and filtered, from then on.'),
  keep: durationUpTo(limits.ledgerKeepMsMax, '3660d')
    .prefault(formatDuration(limits.ledgerKeepMs))
    .describe('How long the ledger and its rollups are kept.'),
});

export const configSchema = z.strictObject({
  providers: z.record(shortName, providerSchema).describe('Services that run models, by name.'),
  models: z.record(modelName, model).describe('Models that jobs can name, by name.'),
  routes: z
    .record(modelName, route)
    .default({})
    .describe('Choices among models that jobs can name in place of a model, such as `auto`.'),
  aliases: z
    .record(modelName, aliasSchema)
    .default({})
    .describe('Names that stand for others, which change with time, such as `gpt`.'),
  rules: rulesSchema
    .default([])
    .describe('What the operator says about the routes of jobs, see `routing-rules.md`.'),
  routing: routing.prefault({}).describe('What holds for all routes.'),
  prices: z
    .string('expected the name of a file')
    .min(1, 'expected the name of a file')
    .optional()
    .describe('A file of prices, seen from the folder of this one; `price_from` names its rows.'),
  unpriced: unpriced
    .default('refuse')
    .describe('What becomes of models without a price: an error here, or a price for all of them.'),
  defaults: defaults.prefault({}).describe('For jobs that do not say.'),
  promotion: promotionSchema
    .prefault({})
    .describe('When jobs that wait too long move to another of the models that they may use.'),
  webhooks: webhooks.prefault({}).describe('Where webhooks may go.'),
  usage: usage.prefault({}).describe('What is kept of usage.'),
  learning: learningSettings.prefault({}).describe('What is learned from outcomes.'),
  tasks: taskSettings.prefault({}).describe('How the task of a request is guessed.'),
});

/** The file after parsing: durations in milliseconds, money in nano-dollars, defaults filled in. */
export type ParsedConfig = z.output<typeof configSchema>;

export type ParsedModel = ParsedConfig['models'][string];
export type ParsedDeployment = ParsedModel['deployments'][number];
