/**
 * Lines of the audit log: who did what to what, chained by hashes, so that a line that is edited,
 * removed or moved afterwards no longer fits its neighbours (decision 0029).
 *
 *  L1. A line's hash covers the hash before it and everything else that the line says.
 *  L2. A change has two lines: it `begun`, and how it ended. A begun one without an end tells that
 *      nobody knows; nothing changes without a line.
 *  L3. What was changed appears as hashes only: the log holds no setting and no secret.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import { newToken } from './ids.ts';
import type { Json, JsonObject } from './json.ts';

export interface AuditEntry {
  /** Made with the entry, so that a repeated append finds it. */
  readonly id: string;
  readonly atMs: number;
  /** Such as `key:<id>`, `basic:<user>`, `cli:<user of the machine>`, `system:<part>`. */
  readonly actor: string;
  /** Noun and verb, such as `budget.create`. */
  readonly action: string;
  /** Such as `tenant:acme/budget:bud_…`. */
  readonly target: string;
  readonly outcome: 'begun' | 'done' | 'failed';
  /** Why it failed: a code of the error catalog. */
  readonly error: string | undefined;
  /** {@link hashOfState} of the target before and after; `undefined` where there was none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly requestId: string | undefined;
}

/** The newest line of a log; number 0 before the first one. */
export interface AuditHead {
  readonly number: number;
  readonly hash: string;
}

export interface AuditLine extends AuditHead {
  /** Canonical JSON, as it is stored and exported. */
  readonly text: string;
}

export const emptyLog: AuditHead = { number: 0, hash: '0'.repeat(64) };

/** Makes the line that follows the head. */
export function chainLine(head: AuditHead, entry: AuditEntry): AuditLine {
  const number = head.number + 1;
  const rest: JsonObject = {
    v: 1,
    number,
    id: entry.id,
    at: new Date(entry.atMs).toISOString(),
    actor: entry.actor,
    action: entry.action,
    target: entry.target,
    outcome: entry.outcome,
    error: entry.error ?? null,
    before: entry.before ?? null,
    after: entry.after ?? null,
    request_id: entry.requestId ?? null,
  };
  const hash = hashOfLine(head.hash, rest);
  return { number, hash, text: canonicalJson({ ...rest, previous: head.hash, hash }) };
}

/** L1. @param rest the line without `previous` and `hash`. */
export function hashOfLine(previous: string, rest: JsonObject): string {
  return sha256(`${previous}\n${canonicalJson(rest)}`);
}

/** What a line says of a target's state; `undefined` for a target that is not there. */
export function hashOfState(state: Json | undefined): string | undefined {
  return state === undefined ? undefined : sha256(canonicalJson(state));
}

export function newAuditId(): string {
  return newToken('aud');
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
