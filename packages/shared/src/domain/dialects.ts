/** What the APIs of providers can do, and how they want to be called: one row for each dialect. */
import { type DialectName, type JobKind, jobKinds, type ProviderAuth } from './model-catalog.ts';

export interface DialectRule {
  /** Kinds of request that it has a form for. */
  readonly kinds: readonly JobKind[];
  /** Where it expects the key, unless the configuration says otherwise. */
  readonly auth: ProviderAuth;
}

export const bearerAuth: ProviderAuth = {
  kind: 'header',
  name: 'authorization',
  scheme: 'Bearer',
};

export const dialectRules: Readonly<Record<DialectName, DialectRule>> = {
  openai: { kinds: jobKinds, auth: bearerAuth },
  anthropic: {
    kinds: ['chat.completions'],
    auth: { kind: 'header', name: 'x-api-key', scheme: undefined },
  },
  gemini: {
    kinds: ['chat.completions'],
    auth: { kind: 'header', name: 'x-goog-api-key', scheme: undefined },
  },
};
