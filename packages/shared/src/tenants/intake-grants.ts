/** What a caller may ask for: the key's settings within the tenant's. Pure. */
import type { ScoreWeightChanges } from '../domain/model-catalog.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { Preferences } from '../domain/preferences.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { KeySettings } from '../ports/key-store.ts';

export interface IntakeGrants {
  /** Models and routes that may be named; `undefined` for all. */
  readonly models: readonly string[] | undefined;
  /** What the key prefers; absent for nothing. */
  readonly preferences?: Preferences | undefined;
  /** What the parts of a score weigh for the key; absent where it does not say. */
  readonly weights?: ScoreWeightChanges | undefined;
  /** The most urgent priority that may be given. */
  readonly priorityMin: number;
  /** For jobs that name none; `undefined` takes the configuration's. */
  readonly ceilingDefault: NanoUsd | undefined;
  /** The lower one of the key's and the tenant's; `undefined` for no limit. */
  readonly ceilingMax: NanoUsd | undefined;
  /** Jobs of this key that may wait at once. */
  readonly queuedMax: number | undefined;
  /** For jobs that do not say; `undefined` takes the configuration's. */
  readonly acceptsLate: boolean | undefined;
}

export function intakeGrants(
  key: KeySettings,
  tenant: Pick<Tenant, 'ceilingDefault' | 'ceilingMax'>,
): IntakeGrants {
  return {
    models: key.models,
    preferences: { prefer: key.preferredModels, avoid: key.avoidedModels },
    weights: key.weights,
    priorityMin: key.priorityMin,
    ceilingDefault: key.ceilingDefault ?? tenant.ceilingDefault,
    ceilingMax: lowest(key.ceilingMax, tenant.ceilingMax),
    queuedMax: key.queuedMax,
    acceptsLate: key.acceptsLate,
  };
}

function lowest(left: NanoUsd | undefined, right: NanoUsd | undefined): NanoUsd | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left < right ? left : right;
}
