/** The port to API keys: looked up by their public id, compared by digest. */
import type { TenantId } from '../domain/ids.ts';

export const keyScopes = ['jobs:write', 'jobs:read', 'jobs:cancel', 'webhooks:manage'] as const;

export type KeyScope = (typeof keyScopes)[number];

export interface StoredKey {
  readonly keyId: string;
  readonly tenant: TenantId;
  /** HMAC-SHA-256 of the whole key under the pepper, in hex. */
  readonly digest: string;
  readonly scopes: readonly KeyScope[];
  readonly createdAtMs: number;
}

export interface KeyStore {
  read(keyId: string): Promise<StoredKey | undefined>;
  write(key: StoredKey): Promise<void>;
}
