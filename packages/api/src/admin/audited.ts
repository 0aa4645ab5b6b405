/** The one way in which a route of operators changes something: in the audit log, and in time. */
import { auditChange, type Changed } from '@forebay/shared/audit/audit-change';
import type { AuditStore } from '@forebay/shared/ports/audit-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall } from '../http/api-call.ts';

export interface AuditedDeps {
  readonly audit: Pick<AuditStore, 'append'>;
  readonly clock: Clock;
}

export interface AuditedOrder<T> {
  /** Noun and verb, such as `budget.create`. */
  readonly action: string;
  /** Such as `tenant:acme/budget:bud_…`. */
  readonly target: string;
  readonly change: () => Promise<Changed<T>>;
}

/** @throws what the change throws, and `store_unavailable` as `answerInTime` and `auditChange`. */
export function audited<T>(
  { audit, clock }: AuditedDeps,
  { operator, requestId }: Pick<AdminCall, 'operator' | 'requestId'>,
  { action, target, change }: AuditedOrder<T>,
): Promise<T> {
  const subject = { actor: operator.actor, action, target, requestId };
  return answerInTime(clock, () => auditChange(audit, subject, change));
}
