import type { ModelProfile } from '../scenario/scenario.ts';
import type { RateState } from './rate-table.ts';

/** What the headers say of a lane without limits. */
const REQUESTS_UNLIMITED = 10_000;
const TOKENS_UNLIMITED = 10_000_000;

/** The six `x-ratelimit-*` headers of the OpenAI service. */
export function rateHeaders(profile: ModelProfile, state: RateState): Record<string, string> {
  const requests = profile.rpm ?? REQUESTS_UNLIMITED;
  const tokens = profile.tpm ?? TOKENS_UNLIMITED;
  const reset = formatDuration(state.resetMs);
  return {
    'x-ratelimit-limit-requests': String(requests),
    'x-ratelimit-remaining-requests': String(Math.max(requests - state.usedRequests, 0)),
    'x-ratelimit-reset-requests': reset,
    'x-ratelimit-limit-tokens': String(tokens),
    'x-ratelimit-remaining-tokens': String(Math.max(tokens - state.usedTokens, 0)),
    'x-ratelimit-reset-tokens': reset,
  };
}

/** A duration as the service writes it: `120ms`, `1.5s`, `6m0s`. */
function formatDuration(durationMs: number): string {
  const rounded = Math.ceil(durationMs);
  if (rounded < 1000) return `${rounded}ms`;
  if (rounded < 60_000) return `${rounded / 1000}s`;
  return `${Math.floor(rounded / 60_000)}m${Math.ceil((rounded % 60_000) / 1000)}s`;
}
