/**
 * The job records in Redis: each method is one script. Keeps S1–S5: the scripts check state and
 * fence, answer a repeated call like the first one, and write state, money and events together.
 */
import { newToken } from '../domain/ids.ts';
import { isRecord } from '../domain/job.ts';
import { limits } from '../domain/limits.ts';
import type { JobArchive } from '../ports/job-archive.ts';
import type {
  AttemptSettlement,
  ChangeRequest,
  JobRef,
  JobStore,
  ReassignRequest,
  SettleRequest,
} from '../ports/job-store.ts';
import { createAdmission } from './admission.ts';
import { type ArchivedJobs, createArchivedJobs } from './archived-jobs.ts';
import type { RedisClient } from './connection.ts';
import { createJobLists } from './job-lists.ts';
import { createJobReads } from './job-reads.ts';
import {
  readCancelled,
  readChanged,
  readClaimed,
  readDeleted,
  readFed,
  readReassigned,
  readRenewed,
  readSettled,
} from './job-replies.ts';
import type { StoreKeys } from './keys.ts';
import { encodeAttemptEnd, encodePromotion } from './record-codec.ts';
import { asList, asText } from './reply.ts';
import type { ScriptArgument, ScriptRunner } from './script-runner.ts';

export interface JobStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly archive: JobArchive | undefined;
  readonly clockOffsetMs: () => number;
  /** How long a waiting job goes without a look at its ticket. */
  readonly ticketCheckMs: number;
}

const cancelledError = JSON.stringify({
  code: 'cancelled',
  message: 'The caller cancelled the job.',
});

export function createJobStore(deps: JobStoreDeps): JobStore {
  const archived = createArchivedJobs(deps);
  const reads = createJobReads({ ...deps, archived });
  const admission = createAdmission({ ...deps, read: reads.read });
  const lists = createJobLists({ ...deps, read: reads.read });
  const moves = createMoves(deps, { archived, read: reads.read });
  return { ...reads, ...lists, ...admission, ...moves, shardCount: deps.keys.shardCount };
}

type Moves = WorkMoves & CallerMoves;
type WorkMoves = Pick<JobStore, 'feed' | 'claim' | 'renew' | 'settle' | 'reassign'>;
type CallerMoves = Pick<JobStore, 'cancel' | 'change' | 'delete'>;

/** What a move needs that meets an archived job. */
interface Beyond {
  readonly archived: ArchivedJobs;
  readonly read: JobStore['read'];
}

function createMoves(deps: JobStoreDeps, beyond: Beyond): Moves {
  const { scripts, keys } = deps;
  const call: CallJob = async (script, ref, args) => {
    const k = keys.job(ref.tenant, ref.id);
    const all = [k.job, k.due, k.money, k.endpointsDue, ...(args.keys ?? [])];
    const reply = await scripts.run({
      script,
      keys: script === 'renew' ? all.slice(0, 2) : all,
      args: [keys.changes, ...args.values],
    });
    return asList(reply);
  };
  return { ...createWorkMoves(deps, beyond, call), ...createCallerMoves(deps, beyond, call) };
}

type CallJob = (script: JobScript, ref: JobRef, args: JobArguments) => Promise<Reply>;

function createWorkMoves(deps: JobStoreDeps, beyond: Beyond, call: CallJob): WorkMoves {
  const { keys } = deps;
  return {
    feed: async (request) => {
      const { fence, reservation, tellsShort } = request;
      const values = [fence, reservation.toString(), deps.ticketCheckMs, tellsShort ? '1' : ''];
      return readFed(await call('feed', request, { values }));
    },
    claim: async (request) => {
      const { payload } = keys.job(request.tenant, request.id);
      const values = [
        request.fence,
        request.token,
        request.worker,
        request.leaseMs,
        request.model,
        request.deployment,
        request.reservation?.toString() ?? '',
        'running',
        `running on ${request.model}`,
        request.price === undefined ? '' : JSON.stringify(request.price),
      ];
      return readClaimed(await call('claim', request, { keys: [payload], values }));
    },
    renew: async (request) => {
      const values = [request.fence, request.token, request.leaseMs];
      return readRenewed(await call('renew', request, { values }));
    },
    settle: async (request) => {
      const k = keys.job(request.tenant, request.id);
      const settle = () =>
        call('settle', request, { keys: [k.payload, k.result], values: settleValues(request) });
      const reply = await settle();
      if (!isArchived(reply)) return readSettled(reply);
      // A late answer still has a cost to tell (S7).
      await beyond.archived.restore(request);
      return readSettled(await settle());
    },
    reassign: async (request) =>
      readReassigned(
        await call('reassign', request, { values: reassignValues(deps.ticketCheckMs, request) }),
      ),
  };
}

/** What callers ask for. */
function createCallerMoves(deps: JobStoreDeps, beyond: Beyond, call: CallJob): CallerMoves {
  const { keys } = deps;
  return {
    cancel: async (ref) => {
      const { payload } = keys.job(ref.tenant, ref.id);
      const { retentionMs, payloadRetentionMs } = limits;
      const values = [retentionMs, payloadRetentionMs, cancelledError, newToken('cancel')];
      const reply = await call('cancel', ref, { keys: [payload], values });
      if (!isArchived(reply)) return readCancelled(reply);
      const record = await beyond.read(ref);
      return isRecord(record) ? { kind: 'already_ended', record } : { kind: 'missing' };
    },
    change: async (request) => {
      const values = changeValues(deps.ticketCheckMs, request);
      const reply = await call('change', request, { values });
      if (!isArchived(reply)) return readChanged(reply);
      const record = await beyond.read(request);
      return isRecord(record) ? { kind: 'fixed', record } : { kind: 'missing' };
    },
    delete: async (ref) => {
      const { payload, result, deltas } = keys.job(ref.tenant, ref.id);
      const index = keys.jobIndex(ref.tenant);
      const values = [limits.retentionMs];
      const reply = await call('delete', ref, { keys: [payload, result, deltas, index], values });
      const deleted = readDeleted(reply);
      if (deleted.kind !== 'deleted') return deleted;
      const archived = await beyond.archived.erase(ref, deleted.place);
      const packed = archived === undefined ? deleted.packed : [...deleted.packed, archived];
      return { kind: 'deleted', packed };
    },
  };
}

type JobScript = keyof Moves;
type Reply = readonly unknown[];

interface JobArguments {
  /** Beyond the four that all job scripts share. */
  readonly keys?: readonly string[];
  readonly values: readonly ScriptArgument[];
}

function isArchived(reply: Reply): boolean {
  return asText(reply[0]) === 'archived';
}

function stateList(states: readonly string[]): string {
  return ` ${states.join(' ')} `;
}

/** What an attempt charges, split by what is known about it: [spent, unknown]. */
function charges(attempt: AttemptSettlement | undefined): [string, string] {
  if (attempt === undefined) return ['0', '0'];
  const cost = attempt.end.costNanoUsd.toString();
  return attempt.end.costIs === 'worst_case' ? ['0', cost] : [cost, '0'];
}

function attemptValues(attempt: AttemptSettlement | undefined): ScriptArgument[] {
  return [
    attempt === undefined ? '' : attempt.fence,
    attempt === undefined ? '' : encodeAttemptEnd(attempt.end),
    ...charges(attempt),
  ];
}

/** The watchdog gives an attempt up; its worker may still speak (S7). */
function isLost(attempt: AttemptSettlement | undefined): boolean {
  return attempt?.end.outcome === 'lost_lease';
}

function settleValues(request: SettleRequest): ScriptArgument[] {
  return [
    request.fence,
    stateList(request.from),
    request.to,
    ...attemptValues(request.attempt),
    request.reason.code,
    request.reason.text,
    request.error === undefined ? '' : JSON.stringify(request.error),
    request.usage === undefined ? '' : JSON.stringify(request.usage),
    request.sealedResult === undefined ? '0' : '1',
    request.sealedResult ?? '',
    limits.retentionMs,
    limits.payloadRetentionMs,
    isLost(request.attempt) ? 'lost' : 'settled',
    cancelledError,
    request.settlement,
  ];
}

function reassignValues(ticketCheckMs: number, request: ReassignRequest): ScriptArgument[] {
  return [
    request.fence,
    stateList(request.from),
    ...attemptValues(request.attempt),
    request.workerDied ? '1' : '0',
    request.model,
    JSON.stringify(request.plan),
    request.whyChosen,
    request.reservation.toString(),
    request.notBeforeMs,
    request.reason.code,
    request.reason.text,
    ticketCheckMs,
    isLost(request.attempt) ? 'lost' : 'reassigned',
    request.whenShort,
    request.promotion === undefined ? '' : encodePromotion(request.promotion),
    request.promotion?.premiumNanoUsd.toString() ?? '',
    request.cause ?? '',
    request.moves === undefined ? '' : JSON.stringify(request.moves),
  ];
}

function changeValues(ticketCheckMs: number, request: ChangeRequest): ScriptArgument[] {
  const { version, mark, priority, deadlineAtMs, ceiling } = request;
  return [
    version ?? '',
    mark,
    priority ?? '',
    deadlineAtMs ?? '',
    ceiling?.toString() ?? '',
    ticketCheckMs,
  ];
}
