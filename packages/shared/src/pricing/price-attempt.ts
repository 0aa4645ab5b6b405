/**
 * What one attempt costs: at most (reserved before the call), probably (for routing), and really
 * (settled after it).
 *
 *  1. The worst case is provable: input bound and output cap at the dearest rates that can apply,
 *     over all kinds of tokens and all tiers that the input can reach. No plausible usage of the
 *     same attempt costs more (a property test says so).
 *  2. Each attempt rounds up once, to a whole nano-dollar.
 *  3. A tier holds for the whole request, as providers bill it: one token more than its size and
 *     every token of the request costs the rates of the tier.
 */
import type { Deployment, Model } from '../domain/model-catalog.ts';
import { costOf, type NanoUsd } from '../domain/money.ts';
import type { PriceRow, TokenRates } from '../domain/price-row.ts';
import type { OutputCapSource, RequestFeatures } from '../domain/route-plan.ts';
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
  readonly source: OutputCapSource;
}

/** The most that an attempt can use. */
export interface UsageBounds {
  readonly inputTokensMax: number;
  /** Over all choices. */
  readonly outputTokensMax: number;
  readonly imageCount: number;
}

/** Tokens of a usual answer, for expected costs, until real answers are known. */
const usualOutputTokens = 400;

const million = 1_000_000n;
const unlimited = BigInt(Number.MAX_SAFE_INTEGER);

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
    imageCount: features.imageCount,
  };
}

/** Input and output tokens together: what TPM permits are taken for. */
export function reservedTokens(quote: Omit<AttemptQuote, 'deployments'>): number {
  const bounds = usageBounds(quote);
  return bounds.inputTokensMax + bounds.outputTokensMax;
}

/** The provable worst case of one attempt: at the dearest of the given deployments. */
export function worstCase(quote: AttemptQuote): NanoUsd {
  const bounds = usageBounds(quote);
  let most = 0n;
  for (const { price } of quote.deployments) {
    const fixed = fixedCost(price, bounds.imageCount);
    for (const rates of reachableRates(price, bounds.inputTokensMax)) {
      most = larger(most, dearestTokens(rates, bounds) + fixed);
    }
  }
  return most;
}

function dearestTokens(rates: TokenRates, bounds: UsageBounds): NanoUsd {
  return costOf([
    { tokens: bounds.inputTokensMax, price: dearestInput(rates) },
    { tokens: bounds.outputTokensMax, price: dearestOutput(rates) },
  ]);
}

/**
 * The largest output cap, per choice, with which the attempt's worst case stays within an amount:
 * its inverse, so one token more would not fit.
 *
 * @param quote its own output cap is not read.
 * @returns at most `Number.MAX_SAFE_INTEGER`; `undefined` when even the input does not fit.
 */
export function affordableOutputTokens(
  quote: Omit<AttemptQuote, 'outputCapTokens'>,
  left: NanoUsd,
): number | undefined {
  const { inputTokensMax, imageCount } = usageBounds({ ...quote, outputCapTokens: 0 });
  const most = quote.deployments.flatMap(({ price }) =>
    reachableRates(price, inputTokensMax).map((rates) => {
      const input = BigInt(inputTokensMax) * dearestInput(rates);
      const leftMillionths = (left - fixedCost(price, imageCount)) * million - input;
      const rate = dearestOutput(rates);
      if (leftMillionths < 0n) return -1n;
      return rate === 0n ? unlimited : leftMillionths / rate;
    }),
  );
  const least = most.reduce((low, each) => -larger(-low, -each), unlimited);
  return least < 0n ? undefined : Number(least / BigInt(quote.features.choices));
}

/** What one attempt will probably cost: estimated input, a usual answer. Never above the worst. */
export function expectedCost(quote: AttemptQuote): NanoUsd {
  const usage = expectedUsage(quote);
  const { imageCount } = quote.features;
  return dearest(quote.deployments.map(({ price }) => priceUsage(price, usage, imageCount)));
}

/** Estimated input, nothing of it cached, and a usual answer for each choice. */
export function expectedUsage(quote: Omit<AttemptQuote, 'deployments'>): Usage {
  const { model, features, outputCapTokens } = quote;
  return {
    inputTokens: features.inputTokensEstimate + features.imageCount * (model.imageTokensMax ?? 0),
    cachedInputTokens: 0,
    outputTokens: Math.min(outputCapTokens, usualOutputTokens) * features.choices,
    reasoningTokens: 0,
  };
}

/**
 * The cost of an answered call at the price of the deployment that answered.
 *
 * @param usage must be plausible, see {@link plausibleUsage}.
 * @param imageCount images that the request carried.
 */
export function priceUsage(price: PriceRow, usage: Usage, imageCount: number): NanoUsd {
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage;
  const cacheWriteTokens = usage.cacheWriteTokens ?? 0;
  const rates = ratesFor(price, inputTokens);
  return (
    costOf([
      { tokens: inputTokens - cachedInputTokens - cacheWriteTokens, price: rates.input },
      { tokens: cachedInputTokens, price: rates.cachedInput },
      { tokens: cacheWriteTokens, price: rates.cacheWrite },
      { tokens: outputTokens - reasoningTokens, price: rates.output },
      { tokens: reasoningTokens, price: rates.reasoning },
    ]) + fixedCost(price, imageCount)
  );
}

/**
 * Whether a reported usage can be true. Negative, fractional or contradictory counts and counts
 * above what was sent cannot; then the attempt is charged at its worst case.
 */
export function plausibleUsage(usage: Usage, bounds: UsageBounds): boolean {
  const counts = [
    usage.inputTokens,
    usage.cachedInputTokens,
    usage.cacheWriteTokens ?? 0,
    usage.outputTokens,
    usage.reasoningTokens,
  ];
  return (
    counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
    usage.cachedInputTokens + (usage.cacheWriteTokens ?? 0) <= usage.inputTokens &&
    usage.reasoningTokens <= usage.outputTokens &&
    usage.inputTokens <= bounds.inputTokensMax &&
    usage.outputTokens <= bounds.outputTokensMax
  );
}

/** The rates of a request of this size: those of the highest tier that it passes. */
function ratesFor(price: PriceRow, inputTokens: number): TokenRates {
  return price.tiers.findLast((tier) => inputTokens > tier.aboveInputTokens) ?? price;
}

/** The rates of every request up to this size. A higher tier may be the cheaper one. */
function reachableRates(price: PriceRow, inputTokensMax: number): readonly TokenRates[] {
  if (price.tiers.length === 0) return [price];
  return [price, ...price.tiers.filter((tier) => inputTokensMax > tier.aboveInputTokens)];
}

function dearestInput({ input, cachedInput, cacheWrite }: TokenRates): bigint {
  return larger(larger(input, cachedInput), cacheWrite);
}

function dearestOutput({ output, reasoning }: TokenRates): bigint {
  return larger(output, reasoning);
}

function fixedCost({ perRequest, perImage }: PriceRow, imageCount: number): NanoUsd {
  if (imageCount === 0) return perRequest;
  return perRequest + BigInt(imageCount) * perImage;
}

function dearest(costs: readonly NanoUsd[]): NanoUsd {
  return costs.reduce(larger, 0n);
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
