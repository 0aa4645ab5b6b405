/** The port to API keys: looked up by their public id, compared by digest. */
import type { TenantId } from '../domain/ids.ts';
import type { ScoreWeightChanges } from '../domain/model-catalog.ts';
import type { NanoUsd } from '../domain/money.ts';

export const keyScopes = [
  'jobs:write',
  'jobs:read',
  'jobs:cancel',
  'webhooks:manage',
  'usage:read',
] as const;

export type KeyScope = (typeof keyScopes)[number];

/** What an operator decides about a key. */
export interface KeySettings {
  /** For people; empty for none. */
  readonly label: string;
  readonly scopes: readonly KeyScope[];
  /** From then on it opens nothing. */
  readonly expiresAtMs: number | undefined;
  /** Models and routes that it may name; `undefined` for all. */
  readonly models: readonly string[] | undefined;
  /** Models or aliases that its jobs would rather have, or rather not. */
  readonly preferredModels: readonly string[];
  readonly avoidedModels: readonly string[];
  /** What the parts of a score weigh for its jobs of routes; `undefined` leaves that to others. */
  readonly weights: ScoreWeightChanges | undefined;
  /** The most urgent priority that it may give; 0 for any. */
  readonly priorityMin: number;
  /** Ceiling of a job that names none; `undefined` takes the tenant's. */
  readonly ceilingDefault: NanoUsd | undefined;
  readonly ceilingMax: NanoUsd | undefined;
  /** Networks that it may be used from; empty for all. */
  readonly sourceCidrs: readonly string[];
  /** Requests within any minute, over all processes. */
  readonly requestsPerMinute: number | undefined;
  /** Jobs that wait, scheduled ones included. */
  readonly queuedMax: number | undefined;
  /** Whether its jobs are taken in although they will be late; `undefined` as configured. */
  readonly acceptsLate: boolean | undefined;
}

export interface StoredKey extends KeySettings {
  readonly keyId: string;
  readonly tenant: TenantId;
  /** HMAC-SHA-256 of the whole key under the pepper, in hex. */
  readonly digest: string;
  /** What stands in the key's text, such as `live`. */
  readonly environment: string;
  readonly revokedAtMs: number | undefined;
  /**
   * The key in whose name it pays, waits and runs: its own id, or after rotations that of the
   * first. Budgets, limits and counters are kept under this id.
   */
  readonly payerKeyId: string;
  /** The key that a rotation has put in its place. */
  readonly replacedBy: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Grows by one with each change; 0 for a key that an earlier version made. */
  readonly version: number;
  /** Day (UTC, `2026-09-23`) of its last use, as far as it was noted. */
  readonly lastUsedDay: string | undefined;
}

export interface KeyStore {
  read(keyId: string): Promise<StoredKey | undefined>;
  /** Keys of a tenant, oldest first, revoked ones included. */
  list(tenant: TenantId): Promise<readonly StoredKey[]>;
  /**
   * Writes the key if the stored one has the version before; version 1 must be new. The same key
   * again is `written`. `lastUsedDay` is not written here.
   */
  write(key: StoredKey): Promise<'written' | 'conflict' | 'full'>;
  /** Notes that the key was used on a day. */
  markUsed(keyId: string, day: string): Promise<void>;
}

/** A key that may do everything in its tenant's name. */
export const unrestrictedKey: KeySettings = {
  label: '',
  scopes: keyScopes,
  expiresAtMs: undefined,
  models: undefined,
  preferredModels: [],
  avoidedModels: [],
  weights: undefined,
  priorityMin: 0,
  ceilingDefault: undefined,
  ceilingMax: undefined,
  sourceCidrs: [],
  requestsPerMinute: undefined,
  queuedMax: undefined,
  acceptsLate: undefined,
};
