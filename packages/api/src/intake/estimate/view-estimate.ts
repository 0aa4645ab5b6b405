/** Estimates as their readers see them. Money is decimal US dollars. */
import type { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Json, JsonObject } from '@forebay/shared/domain/json';
import { formatUsd } from '@forebay/shared/domain/money';
import type { CostEstimate } from '@forebay/shared/pricing/estimate-cost';
import type { LineName } from '../bulk/bulk-reply.ts';
import type { CandidateEstimate, RequestEstimate, TokenEstimate } from './estimate-request.ts';

export function viewEstimate({ features, candidates, exclusions }: RequestEstimate): JsonObject {
  const [first] = candidates;
  return {
    kind: features.kind,
    tokens: { ...viewTokens(first.tokens), images: features.imageCount },
    cost: viewRange(first),
    candidates: candidates.map(viewCandidate),
    exclusions: exclusions.map(({ model, code, reason }) => ({ model, code, reason })),
  };
}

function viewCandidate(estimate: CandidateEstimate): JsonObject {
  const { candidate, tokens } = estimate;
  return {
    model: candidate.model,
    tokens: viewTokens(tokens),
    cost: viewRange(estimate),
    output_cap: { tokens: candidate.outputCapTokens, source: candidate.outputCapSource },
  };
}

export function viewTokens(tokens: TokenEstimate): JsonObject {
  return {
    input_about: tokens.inputAbout,
    input_at_most: tokens.inputAtMost,
    output_about: tokens.outputAbout,
    output_at_most: tokens.outputAtMost,
  };
}

export function viewRange({ low, expected, high }: CostEstimate): JsonObject {
  return {
    low: formatUsd(low),
    expected: formatUsd(expected),
    high: formatUsd(high),
    currency: 'USD',
  };
}

/** Every problem carries its line, so that a list of them can be read by itself. */
export function viewRefusal({ line }: LineName, error: ForebayError): Json {
  const { code, message, param, errors } = error;
  return {
    code,
    detail: message,
    ...(param === undefined ? {} : { param }),
    errors: (errors.length > 0 ? errors : [{ pointer: '', code, detail: message }]).map((each) => ({
      line,
      ...each,
    })),
  };
}
