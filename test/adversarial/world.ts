/** A world of a few jobs of one tenant on a real store: what is known of it from the outside. */
import type { BudgetWindow } from '@forebay/shared/domain/budget';
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import { noTerms, type TenantTerms } from '@forebay/shared/domain/tenant-terms';
import type { NewJob } from '@forebay/shared/ports/job-store';
import type { TestStore } from '../support/store.ts';

/** How high things stood when they were looked at last: by account, and by who is limited. */
interface MoneyMarks {
  readonly used: ReadonlyMap<string, bigint>;
  readonly running: ReadonlyMap<string, number>;
}

/** Of every job; not round, so that shares of it are not either. */
export const worldCeiling = 1_000_003n;

export function share(amount: bigint, part: number): bigint {
  return (amount * BigInt(part)) / 100n;
}

export interface World {
  readonly store: TestStore;
  readonly tenant: TenantId;
  /** Gets the events of its jobs. */
  readonly endpointId: string;
  /** The bulk call of its lines, which has a ceiling. */
  readonly batchId: string;
  readonly jobs: NewJob[];
  /** How often jobs were to be promoted; each time at another premium. */
  promotions: number;
  /** Calls that changed something, to be repeated later. */
  readonly calls: Call[];
  /** Kinds of answers that the store has given, as `settle adopted`. */
  readonly answers: Set<string>;
  terms: TenantTerms;
  /** Every budget that its tenant ever had. */
  readonly accounts: Map<string, BudgetWindow>;
  readonly ledger: LedgerView;
  marks: MoneyMarks;
  /** As it was seen last. */
  sight: Sight;
}

/** What the ledger tells of a world, read on from where it was read before. */
interface LedgerView {
  lastId: string;
  readonly entries: Readonly<Record<string, string>>[];
}

interface Call {
  readonly text: string;
  run(): Promise<unknown>;
}

/** A world without jobs. Its bulk call may cost one and a half times what a job may. */
export async function newWorld(store: TestStore, tenant: TenantId): Promise<World> {
  const batchId = 'bulk_world';
  await store.jobs.limitBatch(tenant, batchId, batchCeiling);
  const ledgerKey = store.keys.ledger(store.keys.shardOf(tenant));
  const [newest] = await store.client.xrevrange(ledgerKey, '+', '-', 'COUNT', 1);
  return {
    ...{ store, tenant, batchId },
    endpointId: `we_${tenant}`,
    jobs: [],
    promotions: 0,
    calls: [],
    answers: new Set(),
    terms: noTerms,
    accounts: new Map(),
    ledger: { lastId: newest?.[0] ?? '0-0', entries: [] },
    marks: { used: new Map(), running: new Map() },
    sight: new Map(),
  };
}

export const batchCeiling = share(worldCeiling, 150);

export interface JobSight {
  readonly record: JobRecord;
  /** As the record stands in the store. */
  readonly fields: Readonly<Record<string, string>>;
  /** The check time in the due set; null when it is not in there. */
  readonly due: string | null;
}

export type Sight = ReadonlyMap<JobId, JobSight>;
