/** Requests of API keys in Redis: a sorted set by time under each key's tag. */
import { newToken } from '../domain/ids.ts';
import type { RequestRate } from '../ports/request-rate.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import type { ScriptRunner } from './script-runner.ts';

export interface RequestRateDeps {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

export function createRequestRate({ scripts, keys }: RequestRateDeps): RequestRate {
  return {
    async take(keyId, { max, windowMs }) {
      const reply = await scripts.run({
        script: 'rate-take',
        keys: [keys.requestsOf(keyId)],
        // A name of our own: callers choose their request ids, and could repeat one.
        args: [newToken('rate'), max, windowMs],
      });
      const [kind, left, nextMs, fullMs] = asList(reply).map(asText);
      return {
        isTaken: kind === 'taken',
        left: Number(left),
        nextMs: Number(nextMs),
        fullMs: Number(fullMs),
      };
    },
  };
}
