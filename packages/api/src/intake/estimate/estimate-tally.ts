/** Sums over the lines of an estimate: of their first candidates, and of each model by itself. */
import type { JsonObject } from '@forebay/shared/domain/json';
import type { CostEstimate } from '@forebay/shared/pricing/estimate-cost';
import type { RequestEstimate, TokenEstimate } from './estimate-request.ts';
import { viewRange, viewTokens } from './view-estimate.ts';

export interface EstimateTally {
  add(estimate: RequestEstimate): void;
  /** A line that would make no job, because an earlier one has made it. */
  addDuplicate(): void;
  /** A line that a submission would refuse. */
  addRefusal(): void;
  view(): JsonObject;
}

interface Sum {
  lines: number;
  cost: CostEstimate;
  tokens: TokenEstimate;
}

/** Bounded by the models of the configuration. */
export function createEstimateTally(): EstimateTally {
  const planned = emptySum();
  const byModel = new Map<string, Sum>();
  let duplicates = 0;
  let refused = 0;
  return {
    add({ candidates }) {
      addTo(planned, candidates[0]);
      for (const each of candidates) {
        const sum = byModel.get(each.candidate.model) ?? emptySum();
        byModel.set(each.candidate.model, addTo(sum, each));
      }
    },
    addDuplicate() {
      duplicates += 1;
    },
    addRefusal() {
      refused += 1;
    },
    view: () => ({
      lines: planned.lines + duplicates + refused,
      estimated: planned.lines,
      duplicates,
      refused,
      tokens: viewTokens(planned.tokens),
      cost: viewRange(planned.cost),
      by_model: [...byModel].map(([model, sum]) => ({
        model,
        lines: sum.lines,
        tokens: viewTokens(sum.tokens),
        cost: viewRange(sum.cost),
      })),
    }),
  };
}

function emptySum(): Sum {
  return {
    lines: 0,
    cost: { low: 0n, expected: 0n, high: 0n },
    tokens: { inputAbout: 0, inputAtMost: 0, outputAbout: 0, outputAtMost: 0 },
  };
}

function addTo(sum: Sum, added: CostEstimate & { readonly tokens: TokenEstimate }): Sum {
  const { cost, tokens } = sum;
  sum.lines += 1;
  sum.cost = {
    low: cost.low + added.low,
    expected: cost.expected + added.expected,
    high: cost.high + added.high,
  };
  sum.tokens = {
    inputAbout: tokens.inputAbout + added.tokens.inputAbout,
    inputAtMost: tokens.inputAtMost + added.tokens.inputAtMost,
    outputAbout: tokens.outputAbout + added.tokens.outputAbout,
    outputAtMost: tokens.outputAtMost + added.tokens.outputAtMost,
  };
  return sum;
}
