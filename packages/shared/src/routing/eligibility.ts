/**
 * What keeps a model from taking a job.
 *
 * An *exclusion* is a fact: the model cannot or must not take the job. A *doubt* is a guess about
 * the present: no worker lives, an operator holds the model, its breaker is open, or the answer
 * would probably come late; or it is a wish, such as to avoid the model. A doubt leaves a model out
 * only while one without a doubt remains, so neither guess nor wish leaves a job without a model.
 * Where each is in doubt, what takes no calls stands behind what does, unless it would answer in
 * time and the other would not (`score.ts`).
 */
import { formatUsd } from '../domain/money.ts';
import type { ExclusionCode } from '../domain/route-plan.ts';
import type { ConsideredModel } from './considered-model.ts';
import type { PlanInput } from './plan-input.ts';
import { pausedMs } from './predict-wait.ts';
import { unknownQuality } from './quality-of.ts';
import { qualityFloorOf } from './route-terms.ts';

export interface Objection {
  readonly code: ExclusionCode;
  /** With the figures that decided it. */
  readonly reason: string;
}

type Check = (considered: ConsideredModel, input: PlanInput) => Objection | undefined;

/** In the order in which a person would want to hear them. */
const facts: readonly Check[] = [
  notAllowed,
  retired,
  forbiddenByRule,
  tagMissing,
  kindNotServed,
  capabilityMissing,
  imagesNotSupported,
  cannotCarry,
  outputCapTooLarge,
  contextTooSmall,
  priorTooLow,
  alreadyTried,
  stopped,
  pausedPastDeadline,
  overCeiling,
  overBudget,
];

/** The first fact that rules the model out. */
export function findExclusion(
  considered: ConsideredModel,
  input: PlanInput,
): Objection | undefined {
  return firstOf(facts, considered, input);
}

/** What takes no calls for now comes first, so that no wish hides it. */
const doubts: readonly Check[] = [held, poolDead, breakerOpen, avoided, judgedTooLow, probablyLate];

/** The first guess or wish that speaks against the model. */
export function findDoubt(considered: ConsideredModel, input: PlanInput): Objection | undefined {
  return firstOf(doubts, considered, input);
}

const closedCodes: readonly ExclusionCode[] = ['held', 'pool_dead', 'breaker_open'];

/** Whether a doubt says that the model takes no calls for now: a job would only wait there. */
export function isClosedBy(doubt: Objection | undefined): boolean {
  return doubt !== undefined && closedCodes.includes(doubt.code);
}

function firstOf(
  checks: readonly Check[],
  considered: ConsideredModel,
  input: PlanInput,
): Objection | undefined {
  for (const check of checks) {
    const objection = check(considered, input);
    if (objection !== undefined) return objection;
  }
  return undefined;
}

/**
 * A route that may be named opens its models; of one that may not, those remain that may be named
 * themselves; and so with an alias. A model opens itself, but not its fallbacks; one that may not
 * be named opens nothing.
 */
function notAllowed(
  { model }: ConsideredModel,
  { catalog, request }: PlanInput,
): Objection | undefined {
  const { allowedModels, requested, directives } = request;
  if (allowedModels === undefined) return undefined;
  const alias = directives?.aliases?.[model.name];
  const mayName = allowedModels.includes(requested);
  const mayUse =
    allowedModels.includes(model.name) || (alias !== undefined && allowedModels.includes(alias));
  const isModel = catalog.models.has(requested);
  if (isModel ? mayName && mayUse : mayName || mayUse) return undefined;
  const named = mayUse && isModel ? `"${requested}"` : 'it';
  return { code: 'not_allowed', reason: `the API key of the job may not name ${named}` };
}

function retired({ model }: ConsideredModel, { limits }: PlanInput): Objection | undefined {
  const { retiresAtMs, replacedBy } = model;
  if (retiresAtMs === undefined || retiresAtMs > limits.nowMs) return undefined;
  const day = new Date(retiresAtMs).toISOString().slice(0, 10);
  const remedy = replacedBy === undefined ? '' : `; name "${replacedBy}" instead`;
  return { code: 'retired', reason: `it was retired on ${day}${remedy}` };
}

function forbiddenByRule(
  { model }: ConsideredModel,
  { request }: PlanInput,
): Objection | undefined {
  const { directives } = request;
  if (directives?.forbidModels?.includes(model.name) !== true) return undefined;
  return { code: 'forbidden_by_rule', reason: 'a rule forbids it for this job' };
}

function tagMissing({ model }: ConsideredModel, { request }: PlanInput): Objection | undefined {
  const wanted = request.directives?.requireTags ?? [];
  const missing = wanted.filter((tag) => !model.tags.includes(tag));
  if (missing.length === 0) return undefined;
  return { code: 'tag_missing', reason: `lacks the tag ${missing.join(', ')}` };
}

function kindNotServed({ model }: ConsideredModel, { request }: PlanInput): Objection | undefined {
  const { kind } = request.features;
  if (model.kinds.includes(kind)) return undefined;
  return { code: 'kind_not_served', reason: `serves ${model.kinds.join(', ')}, not ${kind}` };
}

function capabilityMissing(
  { model }: ConsideredModel,
  { request }: PlanInput,
): Objection | undefined {
  const missing = request.features.needs.filter((need) => !model.capabilities.includes(need));
  if (missing.length === 0) return undefined;
  return { code: 'capability_missing', reason: `lacks ${missing.join(', ')}` };
}

function imagesNotSupported(
  { model }: ConsideredModel,
  { request }: PlanInput,
): Objection | undefined {
  const { imageCount } = request.features;
  if (imageCount === 0 || model.imageTokensMax !== undefined) return undefined;
  const reason = `the request has ${imageCount} images and the model no image_tokens_max`;
  return { code: 'images_not_supported', reason };
}

/**
 * Each deployment must have a form for the request: which one takes it shows only later. A field
 * that was left out on the way would change what is answered.
 */
function cannotCarry({ model }: ConsideredModel, { request }: PlanInput): Objection | undefined {
  const { uncarried } = request.features;
  if (uncarried === undefined) return undefined;
  for (const { provider } of model.deployments) {
    const paths = provider.dialect === 'openai' ? undefined : uncarried[provider.dialect];
    if (paths === undefined) continue;
    const fields = paths.map((path) => `\`${path}\``).join(', ');
    return {
      code: 'cannot_carry',
      reason: `its ${provider.dialect} API has no form for ${fields}`,
    };
  }
  return undefined;
}

function outputCapTooLarge({ model, outputCap }: ConsideredModel): Objection | undefined {
  if (outputCap.tokens <= model.maxOutputTokens) return undefined;
  const reason = `${outputCap.tokens} output tokens asked, ${model.maxOutputTokens} allowed`;
  return { code: 'output_cap_too_large', reason };
}

/**
 * By the estimate: the bound would turn away prompts that fit four times over. Embeddings are
 * left to the provider, because each input has the window to itself.
 */
function contextTooSmall(
  { model, outputCap }: ConsideredModel,
  { request, history }: PlanInput,
): Objection | undefined {
  const window = model.contextWindowTokens;
  const { kind, inputTokensEstimate, imageCount } = request.features;
  const inputTokens = inputTokensEstimate + imageCount * (model.imageTokensMax ?? 0);
  if (kind !== 'embeddings' && inputTokens + outputCap.tokens > window) {
    const needed = `about ${inputTokens} input and ${outputCap.tokens} output tokens`;
    return { code: 'context_too_small', reason: `${needed} do not fit ${window}` };
  }
  const tooSmall = history.largerContextThanTokens;
  if (tooSmall === undefined || window > tooSmall) return undefined;
  const reason = `the prompt did not fit ${tooSmall} tokens, this window has ${window}`;
  return { code: 'context_too_small', reason };
}

/** What the operator says of a model, or does not say, holds. */
function priorTooLow(considered: ConsideredModel, input: PlanInput): Objection | undefined {
  return isGuessed(considered) ? undefined : qualityTooLow(considered, input);
}

/** What was learned or predicted is a guess: a few bad words must not leave a tenant no model. */
function judgedTooLow(considered: ConsideredModel, input: PlanInput): Objection | undefined {
  return isGuessed(considered) ? qualityTooLow(considered, input) : undefined;
}

function isGuessed({ quality }: ConsideredModel): boolean {
  return quality !== undefined && quality.source !== 'prior';
}

function qualityTooLow({ quality }: ConsideredModel, input: PlanInput): Objection | undefined {
  const floor = qualityFloorOf(input);
  const value = quality?.value ?? unknownQuality;
  if (value >= floor) return undefined;
  const known =
    quality === undefined
      ? `nothing is known of its quality, which counts as ${value}`
      : `its quality is ${value} (${quality.source})`;
  return { code: 'quality_too_low', reason: `${known}; ${floor} is asked for` };
}

function alreadyTried(
  { model, attemptsMade }: ConsideredModel,
  { limits, history }: PlanInput,
): Objection | undefined {
  const reason = history.excluded.get(model.name);
  if (reason !== undefined) return { code: 'already_tried', reason };
  if (attemptsMade < limits.attemptsPerModelMax) return undefined;
  const figures = `${attemptsMade} of ${limits.attemptsPerModelMax} attempts on this model made`;
  return { code: 'already_tried', reason: figures };
}

function stopped({ live }: ConsideredModel): Objection | undefined {
  if (live?.stopped !== true) return undefined;
  return { code: 'stopped', reason: 'every deployment is stopped (credentials or quota)' };
}

function pausedPastDeadline(
  { live }: ConsideredModel,
  { limits }: PlanInput,
): Objection | undefined {
  const leftMs = limits.deadlineAtMs - limits.nowMs;
  const pauseMs = pausedMs(live, limits.nowMs);
  if (leftMs > pauseMs) return undefined;
  const reason =
    leftMs <= 0
      ? `the deadline passed ${-leftMs} ms ago`
      : `paused for ${pauseMs} ms, the deadline is in ${leftMs} ms`;
  return { code: 'cannot_meet_deadline', reason };
}

function overCeiling(
  { reservation }: ConsideredModel,
  { limits, request }: PlanInput,
): Objection | undefined {
  const left = limits.ceilingLeftNanoUsd;
  if (reservation <= left) return undefined;
  const cut = request.features.cutsOutput === true ? '; no useful output cap would fit' : '';
  const reason = `could cost ${formatUsd(reservation)} USD, ${formatUsd(left)} USD are left${cut}`;
  return { code: 'over_ceiling', reason };
}

/** Does not tell how much is left: of a budget of all tenants that says what others have spent. */
function overBudget(
  { reservation }: ConsideredModel,
  { limits }: PlanInput,
): Objection | undefined {
  const left = limits.budgetLeftNanoUsd;
  if (left === undefined || reservation <= left) return undefined;
  const reason = `could cost ${formatUsd(reservation)} USD, more than a budget has left`;
  return { code: 'over_budget', reason };
}

function held({ live }: ConsideredModel): Objection | undefined {
  if (live?.held === undefined) return undefined;
  return { code: 'held', reason: `an operator has set it to ${live.held}` };
}

function poolDead({ live }: ConsideredModel): Objection | undefined {
  if (live === undefined || live.poolAlive) return undefined;
  return { code: 'pool_dead', reason: 'no worker with a pool for this model is alive' };
}

function avoided({ model }: ConsideredModel, { request }: PlanInput): Objection | undefined {
  if (request.directives?.avoidModels?.includes(model.name) !== true) return undefined;
  return { code: 'avoided', reason: 'a rule or a preference avoids it' };
}

/**
 * One that is to be tried again needs a job for it; while one is there, others go elsewhere.
 * Tenants read the reason, and it must be true of one that an operator opened, too.
 */
function breakerOpen({ live }: ConsideredModel): Objection | undefined {
  const deployments = live?.deployments ?? [];
  if (live === undefined || deployments.length === 0) return undefined;
  const isTried = live.running + live.waiting > 0;
  const isClosed = deployments.some(
    ({ breaker }) => breaker !== 'open' && (breaker !== 'half_open' || !isTried),
  );
  if (isClosed) return undefined;
  return { code: 'breaker_open', reason: 'it takes no calls for now' };
}

/** Whether a usual answer would come after the deadline, which ends the call. */
export function isLate({ expectedMs }: ConsideredModel, { limits }: PlanInput): boolean {
  return expectedMs !== undefined && expectedMs > limits.deadlineAtMs - limits.nowMs;
}

function probablyLate({ slowMs }: ConsideredModel, { limits }: PlanInput): Objection | undefined {
  const leftMs = limits.deadlineAtMs - limits.nowMs;
  if (slowMs === undefined || slowMs <= leftMs) return undefined;
  const reason = `an answer may take ${slowMs} ms, the deadline is in ${leftMs} ms`;
  return { code: 'cannot_meet_deadline', reason };
}
