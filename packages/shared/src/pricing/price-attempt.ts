/**
 * What one attempt costs: at most (reserved before the call), probably (for routing), and really
 * (settled after it).
 *
 *  1. The worst case is provable: input bound and output cap at the dearest price that can apply.
 *     No plausible usage of the same attempt costs more (a property test says so).
 *  2. Each attempt rounds up once, to a whole nano-dollar.
 */
import type { Deployment, Model, PriceRow } from '../domain/model-catalog.ts';
import { costOf, type NanoUsd } from '../domain/money.ts';
import type { RequestFeatures } from '../domain/route-plan.ts';
import type { Usage } from '../domain/usage.ts';

/** One attempt before it is made. */
export interface AttemptQuote {
  readonly model: Pick<Model, 'imageTokensMax'>;
  /** Where it may run: all of a model's deployments, or the chosen one. At least one. */
  readonly deployments: readonly Pick<Deployment, 'price'>[];
  readonly features: RequestFeatures;
  /** Per choice; 0 for embeddings. */
  readonly outputCapTokens: number;
}

export interface OutputCap {
  readonly tokens: number;
  readonly source: 'request' | 'default';
}

/** The most tokens that an attempt can use. */
export interface UsageBounds {
  readonly inputTokensMax: number;
  /** Over all choices. */
  readonly outputTokensMax: number;
}

/** Tokens of a usual answer, for expected costs, until real answers are known. */
const usualOutputTokens = 400;

/** The output cap that is sent, per choice: the caller's own, else the model's default. */
export function outputCapOf(
  model: Pick<Model, 'defaultOutputTokens'>,
  features: RequestFeatures,
): OutputCap {
  if (features.kind === 'embeddings') return { tokens: 0, source: 'default' };
  return features.outputTokensRequested === undefined
    ? { tokens: model.defaultOutputTokens, source: 'default' }
    : { tokens: features.outputTokensRequested, source: 'request' };
}

/** The most input and output tokens that the attempt can use. */
export function usageBounds(quote: Omit<AttemptQuote, 'deployments'>): UsageBounds {
  const { model, features, outputCapTokens } = quote;
  return {
    inputTokensMax: features.inputTokensBound + features.imageCount * (model.imageTokensMax ?? 0),
    outputTokensMax: outputCapTokens * features.choices,
  };
}

/** Input and output tokens together: what TPM permits are taken for. */
export function reservedTokens(quote: Omit<AttemptQuote, 'deployments'>): number {
  const bounds = usageBounds(quote);
  return bounds.inputTokensMax + bounds.outputTokensMax;
}

/** The provable worst case of one attempt: at the dearest of the given deployments. */
export function worstCase(quote: AttemptQuote): NanoUsd {
  const { inputTokensMax, outputTokensMax } = usageBounds(quote);
  return dearest(
    quote.deployments.map(({ price }) =>
      costOf([
        { tokens: inputTokensMax, price: larger(price.input, price.cachedInput) },
        { tokens: outputTokensMax, price: price.output },
      ]),
    ),
  );
}

/** What one attempt will probably cost: estimated input, a usual answer. Never above the worst. */
export function expectedCost(quote: AttemptQuote): NanoUsd {
  const { model, features, outputCapTokens } = quote;
  const inputTokens =
    features.inputTokensEstimate + features.imageCount * (model.imageTokensMax ?? 0);
  const outputTokens = Math.min(outputCapTokens, usualOutputTokens) * features.choices;
  return dearest(
    quote.deployments.map(({ price }) =>
      costOf([
        { tokens: inputTokens, price: price.input },
        { tokens: outputTokens, price: price.output },
      ]),
    ),
  );
}

/**
 * The cost of an answered call at the price of the deployment that answered.
 *
 * @param usage must be plausible, see {@link plausibleUsage}.
 */
export function priceUsage(price: PriceRow, usage: Usage): NanoUsd {
  return costOf([
    { tokens: usage.inputTokens - usage.cachedInputTokens, price: price.input },
    { tokens: usage.cachedInputTokens, price: price.cachedInput },
    { tokens: usage.outputTokens, price: price.output },
  ]);
}

/**
 * Whether a reported usage can be true. Negative, fractional or contradictory counts and counts
 * above what was sent cannot; then the attempt is charged at its worst case.
 */
export function plausibleUsage(usage: Usage, bounds: UsageBounds): boolean {
  const counts = [
    usage.inputTokens,
    usage.cachedInputTokens,
    usage.outputTokens,
    usage.reasoningTokens,
  ];
  return (
    counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
    usage.cachedInputTokens <= usage.inputTokens &&
    usage.reasoningTokens <= usage.outputTokens &&
    usage.inputTokens <= bounds.inputTokensMax &&
    usage.outputTokens <= bounds.outputTokensMax
  );
}

function dearest(costs: readonly NanoUsd[]): NanoUsd {
  return costs.reduce(larger, 0n);
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
