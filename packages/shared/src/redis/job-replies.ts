/** Turns the replies of the job scripts into the outcomes of the port. */
import { ForebayError } from '../domain/forebay-error.ts';
import { isRecord, type JobRecord } from '../domain/job.ts';
import { isTerminal, type JobState, parseJobState } from '../domain/job-state.ts';
import type {
  BudgetShortage,
  CancelResult,
  ChangeResult,
  ClaimResult,
  Conflict,
  DeleteResult,
  FeedResult,
  Missing,
  ReassignResult,
  RenewResult,
  SettleResult,
} from '../ports/job-store.ts';
import { decodeRecord } from './record-codec.ts';
import { asFields, asText } from './reply.ts';

type Reply = readonly unknown[];

export function readFed(reply: Reply): FeedResult {
  const kind = asText(reply[0]);
  switch (kind) {
    case 'fed':
      return { kind, record: record(reply[1]) };
    case 'early':
      return { kind: 'early', runAtMs: Number(asText(reply[1])) };
    case 'held':
    case 'over_ceiling':
      return { kind };
    case 'over_budget':
      return { kind, ...shortageIn(reply) };
    default:
      return conflictOrMissing(reply);
  }
}

export function readClaimed(reply: Reply): ClaimResult {
  const kind = asText(reply[0]);
  switch (kind) {
    case 'claimed': {
      const payload = reply[2];
      if (!Buffer.isBuffer(payload)) return unexpected(reply);
      return { kind: 'claimed', record: record(reply[1]), sealedPayload: payload };
    }
    case 'too_late':
    case 'held':
      return { kind };
    default:
      return conflictOrMissing(reply);
  }
}

/** The same as the port's, with the place that the job had in the archive, '' if none. */
export function readDeleted(
  reply: Reply,
):
  | Exclude<DeleteResult, { kind: 'deleted' }>
  | (Extract<DeleteResult, { kind: 'deleted' }> & { readonly place: string }) {
  switch (asText(reply[0])) {
    case 'deleted': {
      const packed = reply
        .slice(1, 3)
        .flatMap((bytes) => (Buffer.isBuffer(bytes) && bytes.length > 0 ? [bytes] : []));
      return { kind: 'deleted', packed, place: asText(reply[3]) };
    }
    case 'live':
      return { kind: 'live', state: stateOf(reply[1]) };
    case 'missing':
      return { kind: 'missing' };
    default:
      return unexpected(reply);
  }
}

export function readRenewed(reply: Reply): RenewResult {
  if (asText(reply[0]) === 'renewed') {
    return {
      kind: 'renewed',
      cancelRequested: asText(reply[1]) === '1',
      deadlineInMs: Number(asText(reply[2])),
    };
  }
  return conflictOrMissing(reply);
}

export function readSettled(reply: Reply): SettleResult {
  switch (asText(reply[0])) {
    case 'settled': {
      const state = stateOf(reply[1]);
      return isTerminal(state)
        ? { kind: 'settled', state, byThis: asText(reply[2]) === '1' }
        : unexpected(reply);
    }
    case 'adopted':
      return { kind: 'adopted', byThis: asText(reply[1]) === '1' };
    case 'wasted':
      return { kind: 'wasted' };
    default:
      return conflictOrMissing(reply);
  }
}

export function readReassigned(reply: Reply): ReassignResult {
  switch (asText(reply[0])) {
    case 'reassigned':
      return { kind: 'reassigned', record: record(reply[1]) };
    case 'over_ceiling':
      return { kind: 'over_ceiling' };
    case 'short':
      return { kind: 'short', ...shortageIn(reply) };
    default:
      return conflictOrMissing(reply);
  }
}

function shortageIn(reply: Reply): BudgetShortage {
  return {
    left: BigInt(asText(reply[1])),
    mayWait: asText(reply[2]) === '1',
    isOfAll: asText(reply[3]).startsWith('all:'),
  };
}

export function readCancelled(reply: Reply): CancelResult {
  const kind = asText(reply[0]);
  switch (kind) {
    case 'cancelled':
    case 'cancelling':
    case 'already_ended':
      return { kind, record: record(reply[1]) };
    case 'missing':
      return { kind };
    default:
      return unexpected(reply);
  }
}

export function readChanged(reply: Reply): ChangeResult {
  const kind = asText(reply[0]);
  switch (kind) {
    case 'changed':
    case 'other_version':
    case 'below_use':
    case 'fixed':
      return { kind, record: record(reply[1]) };
    case 'missing':
      return { kind };
    default:
      return unexpected(reply);
  }
}

function conflictOrMissing(reply: Reply): Conflict | Missing {
  switch (asText(reply[0])) {
    case 'conflict':
      return { kind: 'conflict', state: stateOf(reply[1]), fence: Number(asText(reply[2])) };
    case 'missing':
      return { kind: 'missing' };
    default:
      return unexpected(reply);
  }
}

function stateOf(value: unknown): JobState {
  return parseJobState(asText(value)) ?? unexpected([value]);
}

function record(value: unknown): JobRecord {
  const decoded = decodeRecord(asFields(value));
  if (isRecord(decoded)) return decoded;
  throw new ForebayError('internal', `A job record is parked: ${decoded.reason}.`);
}

function unexpected(reply: Reply): never {
  throw new Error(`a script replied with something else than its header says (${reply.length})`);
}
