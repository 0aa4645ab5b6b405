/** A change that a command makes in the store: in the audit log like those of the api. */
import { userInfo } from 'node:os';
import { auditChange, type Changed } from '@forebay/shared/audit/audit-change';
import type { AuditStore } from '@forebay/shared/ports/audit-store';

export interface CommandChange<T> {
  /** Noun and verb, such as `budget.create`. */
  readonly action: string;
  /** Such as `tenant:acme/budget:bud_…`. */
  readonly target: string;
  readonly change: () => Promise<Changed<T>>;
}

/** @throws what the change throws, and `store_unavailable` when the log cannot be written. */
export function auditedCommand<T>(
  audit: Pick<AuditStore, 'append'>,
  { action, target, change }: CommandChange<T>,
): Promise<T> {
  const actor = `cli:${userInfo().username}`;
  return auditChange(audit, { actor, action, target, requestId: undefined }, change);
}
