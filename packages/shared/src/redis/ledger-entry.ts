/** Reads an entry of the ledger's stream, written by `lua/include/ledger.lua`. */
import type { AttemptEnd, JobSpec } from '../domain/job.ts';
import { parseJobState } from '../domain/job-state.ts';
import type { LedgerAttempt, LedgerLine } from '../domain/ledger-line.ts';
import type { MoveCause } from '../domain/move-cause.ts';
import type { PriceSnapshot } from '../domain/price-snapshot.ts';

interface StoredStart {
  readonly n: string;
  readonly model: string;
  readonly deployment: string;
  readonly worker: string;
  readonly started: string;
  readonly why: string;
  readonly reserved: string;
  readonly price?: string;
}

type StoredEnd = Omit<AttemptEnd, 'costNanoUsd'>;

/**
 * What of an entry cannot be read is left out of its line: a charge counts whatever else there is
 * to say of it, and one entry may hold up no other.
 *
 * @param fields names and values in turn.
 */
export function readEntry(id: string, fields: readonly string[]): LedgerLine {
  const of = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2) of.set(fields[i] ?? '', fields[i + 1] ?? '');
  const text = (name: string): string => of.get(name) ?? '';
  const spec = readJson<Partial<JobSpec>>(text('spec')) ?? {};
  const start = readJson<StoredStart>(text('start'));
  const attempt = readAttempt(start, readJson<StoredEnd>(text('end')));
  return present({
    v: 1,
    id,
    tenant: text('tenant'),
    job: text('job'),
    fence: Number(text('fence')),
    at: Number(text('at')),
    // Written by the scripts, which know no other states.
    state: parseJobState(text('state')) ?? 'failed',
    spent: text('spent') || '0',
    unknown: text('unknown') || '0',
    accounts: text('accounts') || undefined,
    ends: text('ends') === '1' ? true : undefined,
    late: text('late') === '1' ? true : undefined,
    next: text('next') || undefined,
    premium: text('premium') || undefined,
    // Written by `reassign`, which is given no others.
    cause: (text('cause') || undefined) as MoveCause | undefined,
    created: Number(text('created')),
    run_at: Number(text('run_at')) || undefined,
    priority: Number(text('priority')),
    model: start?.model ?? text('model'),
    kind: spec.kind,
    requested: spec.requested,
    key: spec.keyId,
    batch: spec.batchId,
    user: spec.user,
    custom_id: spec.customId,
    metadata: spec.metadata,
    task: spec.features?.task?.class,
    retries: spec.retriedModel,
    attempt,
  });
}

function readAttempt(
  start: StoredStart | undefined,
  end: StoredEnd | undefined,
): LedgerAttempt | undefined {
  if (start === undefined || end === undefined) return undefined;
  return present({
    n: Number(start.n),
    deployment: start.deployment,
    worker: start.worker,
    started: Number(start.started),
    why: start.why,
    worst: start.reserved,
    price: readJson<PriceSnapshot>(start.price ?? ''),
    outcome: end.outcome,
    ambiguity: end.ambiguity,
    cost_is: end.costIs,
    usage: end.usage,
    first_byte_ms: end.firstByteMs,
    dearest: end.dearestNanoUsd,
    flaw: end.flaw,
    request_id: end.providerRequestId,
  });
}

type Loose<T> = { [Name in keyof T]: T[Name] | undefined };

/** Without the members that are undefined. */
function present<T>(loose: Loose<T>): T {
  const known = Object.entries(loose).filter(([, value]) => value !== undefined);
  // The members that `T` needs are given by every caller; the others may be left out.
  return Object.fromEntries(known) as T;
}

/** `undefined` for text that is no JSON object. */
function readJson<T>(text: string): T | undefined {
  if (text === '') return undefined;
  try {
    // Written by this code; each reader takes only members that it can do without.
    return JSON.parse(text) as T;
  } catch {
    // Left out, as the header of `readEntry` says.
    return undefined;
  }
}
