/** Makes a change that is in the audit log: its begin before it, its end before anybody is told. */

import { type AuditEntry, hashOfState, newAuditId } from '../domain/audit-line.ts';
import { ForebayError } from '../domain/forebay-error.ts';
import type { Json } from '../domain/json.ts';
import type { AuditStore } from '../ports/audit-store.ts';

/** Who changes what. */
export type AuditSubject = Pick<AuditEntry, 'actor' | 'action' | 'target' | 'requestId'>;

export interface Changed<T> {
  readonly value: T;
  /** The target's state; `undefined` where there was none, or is none any more. */
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/**
 * @param change makes the change; nothing has changed where it throws, or nobody knows.
 * @throws what `change` throws, and `store_unavailable` when the log cannot be written. If that
 *   happens after the change, the log has its begin without an end.
 */
export async function auditChange<T>(
  audit: Pick<AuditStore, 'append'>,
  subject: AuditSubject,
  change: () => Promise<Changed<T>>,
): Promise<T> {
  const line = { ...subject, error: undefined, before: undefined, after: undefined };
  await audit.append({ ...line, id: newAuditId(), outcome: 'begun' });
  let changed: Changed<T>;
  try {
    changed = await change();
  } catch (error) {
    const code = ForebayError.is(error) ? error.code : 'internal';
    await tellFailure(audit, { ...line, id: newAuditId(), outcome: 'failed', error: code });
    throw error;
  }
  await audit.append({
    ...line,
    id: newAuditId(),
    outcome: 'done',
    before: hashOfState(changed.before),
    after: hashOfState(changed.after),
  });
  return changed.value;
}

async function tellFailure(
  audit: Pick<AuditStore, 'append'>,
  entry: Omit<AuditEntry, 'atMs'>,
): Promise<void> {
  try {
    await audit.append(entry);
  } catch {
    // The caller gets the failure of the change itself; the log has its begin without an end.
  }
}
