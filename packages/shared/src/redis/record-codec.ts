/**
 * Between the stored hash of a job and its record. What is stored is checked when it is read: a
 * record of another schema or with an unreadable field is `parked`, left as it is, never guessed.
 */
import { type JobErrorCode, jobErrorCatalog } from '../domain/error-catalog.ts';
import { parseJobId, parseTenantId } from '../domain/ids.ts';
import type {
  Attempt,
  AttemptEnd,
  DeltaMarks,
  JobError,
  JobMoney,
  JobRecord,
  JobSpec,
  ParkedRecord,
  StatusReason,
  WaitsFor,
} from '../domain/job.ts';
import { type JobChange, recordSchema } from '../domain/job.ts';
import { parseJobState } from '../domain/job-state.ts';
import { isJsonObject } from '../domain/json.ts';
import type { PriceSnapshot } from '../domain/price-snapshot.ts';
import type { JobPromotion } from '../domain/promotion.ts';
import type { RouteMove } from '../domain/route-move.ts';
import type { RoutePlan } from '../domain/route-plan.ts';
import type { Usage } from '../domain/usage.ts';
import type { NewJob } from '../ports/job-store.ts';
import { parseDeltaMarks } from './delta-marks.ts';
import { dueMember } from './keys.ts';

type Fields = ReadonlyMap<string, string>;

class Unreadable extends Error {}

/** Reads a stored hash. */
export function decodeRecord(fields: Fields): JobRecord | ParkedRecord {
  if (fields.get('schema') !== String(recordSchema)) {
    return { kind: 'parked', reason: `schema ${fields.get('schema') ?? 'missing'} is not known` };
  }
  try {
    return decode(fields);
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'parked', reason: error.message };
    throw error;
  }
}

/** The fields of a new job that never or seldom change; the script adds the rest. */
export function encodeNewJob(job: NewJob): string[] {
  const hook = job.spec.webhook;
  const reason = reasonAtBirth(job);
  const fields: Record<string, string> = {
    schema: String(recordSchema),
    id: job.id,
    tenant: job.tenant,
    ref: dueMember(job.tenant, job.id),
    spec: JSON.stringify(job.spec),
    plan: JSON.stringify(job.plan),
    model: job.model,
    why: job.whyChosen,
    priority: String(job.priority),
    deadline: String(job.deadlineAtMs),
    run_at: job.runAtMs === undefined ? '' : String(job.runAtMs),
    ceiling: job.ceiling.toString(),
    wants: job.reservation.toString(),
    not_before: '0',
    attempt_count: '0',
    worker_deaths: '0',
    reason_code: reason.code,
    reason_text: reason.text,
  };
  if (job.spec.batchId !== undefined) fields['batch'] = job.spec.batchId;
  // Scripts hold budgets, limits and counters against this one: see `JobSpec.payerKeyId`.
  const payer = job.spec.payerKeyId ?? job.spec.keyId;
  if (payer !== undefined) fields['key_id'] = payer;
  if (hook !== undefined) {
    fields['hook_events'] = ` ${hook.events.join(' ')} `;
    fields['hook_endpoint'] = hook.endpointId;
    fields['hook_url'] = hook.url;
  }
  return Object.entries(fields).flat();
}

/** Why a job waits that was just made. */
export function reasonAtBirth({ runAtMs }: Pick<NewJob, 'runAtMs'>): StatusReason {
  return runAtMs === undefined
    ? { code: 'queued', text: 'waiting for a place' }
    : { code: 'scheduled', text: 'its start time is ahead' };
}

function decode(fields: Fields): JobRecord {
  const spec = json<JobSpec>(fields, 'spec');
  return {
    schema: recordSchema,
    id: parseJobId(text(fields, 'id')) ?? unreadable('id'),
    tenant: parseTenantId(text(fields, 'tenant')) ?? unreadable('tenant'),
    state: parseJobState(text(fields, 'state')) ?? unreadable('state'),
    statusReason: { code: text(fields, 'reason_code'), text: text(fields, 'reason_text') },
    version: whole(fields, 'version'),
    fence: whole(fields, 'fence'),
    spec,
    priority: whole(fields, 'priority'),
    createdAtMs: whole(fields, 'created'),
    runAtMs: optionalWhole(fields, 'run_at'),
    startedAtMs: optionalWhole(fields, 'started'),
    finishedAtMs: optionalWhole(fields, 'finished'),
    cancelRequestedAtMs: optionalWhole(fields, 'cancel_requested'),
    deadlineAtMs: whole(fields, 'deadline'),
    leaseUntilMs: optionalWhole(fields, 'lease_until'),
    notBeforeMs: whole(fields, 'not_before'),
    model: text(fields, 'model'),
    whyChosen: text(fields, 'why'),
    plan: json<RoutePlan>(fields, 'plan'),
    money: decodeMoney(fields),
    attempts: decodeAttempts(fields),
    workerDeaths: whole(fields, 'worker_deaths'),
    usage: optionalJson<Usage>(fields, 'usage'),
    error: decodeError(fields),
    hasResult: fields.get('has_result') === '1',
    history: decodeHistory(fields),
    ...decodePromotion(fields),
    ...decodeMoves(fields),
    ...decodeWaits(fields),
    ...decodeDeltas(fields),
  };
}

/** Written by `bump` in `lua/include/job.lua`; a record of an earlier version may have none. */
function decodeHistory(fields: Fields): readonly JobChange[] {
  const lines = (fields.get('log') ?? '').split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [version, atMs, state = '', reasonCode = '', model = '', attempts] = line.split('|');
    return {
      version: Number(version),
      atMs: Number(atMs),
      state: parseJobState(state) ?? unreadable('log'),
      reasonCode,
      model,
      attempts: Number(attempts),
    };
  });
}

type StoredPromotion = Omit<JobPromotion, 'premiumNanoUsd' | 'atMs'> & {
  readonly premiumNanoUsd: string;
};

/** What the script stores of a promotion, beside the time of it: amounts are text. */
export function encodePromotion(promotion: Omit<JobPromotion, 'atMs'>): string {
  return JSON.stringify({ ...promotion, premiumNanoUsd: promotion.premiumNanoUsd.toString() });
}

function decodePromotion(fields: Fields): { readonly promotion?: JobPromotion } {
  const stored = optionalJson<StoredPromotion>(fields, 'promotion');
  if (stored === undefined) return {};
  const { from, to, savedMs } = stored;
  const premiumNanoUsd = BigInt(stored.premiumNanoUsd);
  return { promotion: { from, to, premiumNanoUsd, savedMs, atMs: whole(fields, 'promoted') } };
}

/** Written by code only, and read by it: the script takes the list as it is. */
function decodeMoves(fields: Fields): { readonly moves?: readonly RouteMove[] } {
  const moves = optionalJson<readonly RouteMove[]>(fields, 'moves');
  return moves === undefined ? {} : { moves };
}

function decodeDeltas(fields: Fields): { readonly deltas?: DeltaMarks } {
  const stored = fields.get('deltas');
  if (stored === undefined || stored === '') return {};
  return { deltas: parseDeltaMarks(stored) ?? unreadable('deltas') };
}

/** Written by `wait_in_line` in `lua/include/money.lua`. */
function decodeWaits(fields: Fields): { readonly waitsFor?: WaitsFor } {
  const [kind = '', what = '', renewsAt = ''] = (fields.get('waits') ?? '').split('|');
  switch (kind) {
    case '':
      return {};
    case 'budget': {
      const renewsAtMs = renewsAt === '' ? undefined : Number(renewsAt);
      return { waitsFor: { kind, account: what, renewsAtMs } };
    }
    case 'in_flight':
    case 'paused':
    case 'ceiling':
      return { waitsFor: { kind } };
    default:
      return unreadable('waits');
  }
}

function decodeMoney(fields: Fields): JobMoney {
  return {
    ceiling: amount(fields, 'ceiling'),
    reserved: amount(fields, 'reserved'),
    spent: amount(fields, 'spent'),
    unknown: amount(fields, 'unknown'),
  };
}

interface StoredStart {
  readonly n: string;
  readonly fence: string;
  readonly model: string;
  readonly deployment: string;
  readonly worker: string;
  readonly started: string;
  readonly why: string;
  readonly reserved: string;
  /** JSON in itself: written by the caller of the script, never by cjson. */
  readonly price?: string;
}

function decodeAttempts(fields: Fields): readonly Attempt[] {
  const attempts: Attempt[] = [];
  for (const name of fields.keys()) {
    if (!name.startsWith('a:') || !name.endsWith(':start')) continue;
    const start = json<StoredStart>(fields, name);
    attempts.push({
      n: Number(start.n),
      fence: Number(start.fence),
      model: start.model,
      deployment: start.deployment,
      worker: start.worker,
      startedAtMs: Number(start.started),
      whyChosen: start.why,
      reservedNanoUsd: BigInt(start.reserved),
      ...decodePrice(name, start.price),
      end: decodeEnd(fields, start.fence),
    });
  }
  return attempts.sort((left, right) => left.n - right.n);
}

function decodePrice(name: string, stored: string | undefined): { readonly price?: PriceSnapshot } {
  if (stored === undefined) return {};
  const price = parseJson(name, stored);
  return { price: isJsonObject(price) ? price : unreadable(name) };
}

/** The JSON form of an attempt's end: amounts are text. */
export function encodeAttemptEnd(end: Omit<AttemptEnd, 'endedAtMs' | 'wasted'>): string {
  return JSON.stringify({ ...end, costNanoUsd: end.costNanoUsd.toString() });
}

type StoredEnd = Omit<AttemptEnd, 'endedAtMs' | 'wasted' | 'costNanoUsd'> & {
  readonly costNanoUsd: string;
};

function decodeEnd(fields: Fields, fence: string): AttemptEnd | undefined {
  const stored = optionalJson<StoredEnd>(fields, `a:${fence}:end`);
  if (stored === undefined) return undefined;
  return {
    endedAtMs: whole(fields, `a:${fence}:ended`),
    outcome: stored.outcome,
    ambiguity: stored.ambiguity,
    error: stored.error,
    usage: stored.usage,
    costNanoUsd: BigInt(stored.costNanoUsd),
    costIs: stored.costIs,
    providerRequestId: stored.providerRequestId,
    ...(stored.rateLimits === undefined ? {} : { rateLimits: stored.rateLimits }),
    ...(stored.firstByteMs === undefined ? {} : { firstByteMs: stored.firstByteMs }),
    ...(stored.dearestNanoUsd === undefined ? {} : { dearestNanoUsd: stored.dearestNanoUsd }),
    ...(stored.flaw === undefined ? {} : { flaw: stored.flaw }),
    counted: stored.counted,
    wasted: fields.get(`a:${fence}:mark`) === 'wasted',
  };
}

function decodeError(fields: Fields): JobError | undefined {
  const stored = optionalJson<JobError>(fields, 'error');
  if (stored === undefined) return undefined;
  return isJobErrorCode(stored.code) ? stored : unreadable('error');
}

function isJobErrorCode(text: string): text is JobErrorCode {
  return text in jobErrorCatalog;
}

function text(fields: Fields, name: string): string {
  return fields.get(name) ?? unreadable(name);
}

function whole(fields: Fields, name: string): number {
  const value = Number(text(fields, name));
  return Number.isSafeInteger(value) ? value : unreadable(name);
}

function optionalWhole(fields: Fields, name: string): number | undefined {
  const value = fields.get(name);
  return value === undefined || value === '' ? undefined : whole(fields, name);
}

function amount(fields: Fields, name: string): bigint {
  const value = text(fields, name);
  return /^-?\d+$/.test(value) ? BigInt(value) : unreadable(name);
}

function optionalJson<T>(fields: Fields, name: string): T | undefined {
  const value = fields.get(name);
  return value === undefined || value === '' ? undefined : json<T>(fields, name);
}

function json<T>(fields: Fields, name: string): T {
  const value = parseJson(name, text(fields, name));
  if (typeof value !== 'object' || value === null) return unreadable(name);
  // Written by this code under the same schema number, which was checked first.
  return value as T;
}

function parseJson(name: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // The outcome is the parked record; the text itself may hold what must not be logged.
    return unreadable(name);
  }
}

function unreadable(name: string): never {
  throw new Unreadable(`field ${name} cannot be read`);
}
