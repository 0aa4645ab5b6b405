/** The port to operators' keys: looked up by their public id, compared by digest. */

/**
 * `operate`: pause, resume, drain, cancel and retry jobs in bulk. `manage`: tenants, keys, budgets
 * and limits. `audit`: read the audit log. Every one of them reads everything else.
 */
export const adminScopes = ['operate', 'manage', 'audit'] as const;

export type AdminScope = (typeof adminScopes)[number];

export interface StoredAdminKey {
  readonly keyId: string;
  /** What people call it. */
  readonly name: string;
  /** HMAC-SHA-256 of the whole key under the pepper, in hex. */
  readonly digest: string;
  readonly scopes: readonly AdminScope[];
  readonly createdAtMs: number;
  /** `undefined` for a key that works until it is removed. */
  readonly expiresAtMs: number | undefined;
}

export interface AdminKeyStore {
  list(): Promise<readonly StoredAdminKey[]>;
  read(keyId: string): Promise<StoredAdminKey | undefined>;
  write(key: StoredAdminKey): Promise<void>;
  /** @returns whether it was there. */
  remove(keyId: string): Promise<boolean>;
}
