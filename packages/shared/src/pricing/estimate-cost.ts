/** What one attempt costs at least, probably and at most: for display, before anything is sent. */
import type { NanoUsd } from '../domain/money.ts';
import {
  type AttemptQuote,
  expectedCost,
  expectedUsage,
  priceUsage,
  worstCase,
} from './price-attempt.ts';

export interface CostEstimate {
  /** The estimated input and the shortest answer, at the cheapest deployment. No promise. */
  readonly low: NanoUsd;
  /** The estimated input and a usual answer, at the dearest deployment. */
  readonly expected: NanoUsd;
  /** What would be reserved: no attempt costs more. */
  readonly high: NanoUsd;
}

/** Tokens of the shortest answer. */
const outputTokensMin = 1;

export function estimateCost(quote: AttemptQuote): CostEstimate {
  const { features, outputCapTokens, deployments } = quote;
  const shortest = {
    ...expectedUsage(quote),
    outputTokens: Math.min(outputTokensMin, outputCapTokens) * features.choices,
  };
  const lowest = deployments.map(({ price }) => priceUsage(price, shortest, features.imageCount));
  const [low = 0n] = lowest.toSorted((left, right) => (left < right ? -1 : 1));
  return { low, expected: expectedCost(quote), high: worstCase(quote) };
}
