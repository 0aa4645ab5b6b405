/** Reads the idempotency records that `admit` writes. */
import { parseJobId } from '../domain/ids.ts';
import type { IdempotencyLookup } from '../ports/idempotency-lookup.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { asStoreError } from './script-runner.ts';

export function createIdempotencyLookup(deps: {
  readonly client: RedisClient;
  readonly keys: StoreKeys;
}): IdempotencyLookup {
  return {
    async find(tenant, keyHash) {
      try {
        const key = deps.keys.idempotency(tenant, keyHash);
        const [fingerprint, id] = await deps.client.hmget(key, 'fingerprint', 'job');
        const job = parseJobId(id ?? '');
        return fingerprint && job ? { fingerprint, job } : undefined;
      } catch (error) {
        throw asStoreError(error);
      }
    },
  };
}
