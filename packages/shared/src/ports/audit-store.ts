/** The port to the audit log: lines are added at its end and never change. */
import type { AuditEntry, AuditLine } from '../domain/audit-line.ts';

export interface AuditPage {
  /** Lines as they are stored: JSON, one each. */
  readonly lines: readonly string[];
  /** Number of the page's last line; `undefined` when nothing follows it. */
  readonly goesOnAt: number | undefined;
}

export interface AuditStore {
  /**
   * Adds a line behind the newest one. The same entry again is the same line.
   *
   * @throws ForebayError `store_unavailable` when it is unknown whether the line is there.
   */
  append(entry: Omit<AuditEntry, 'atMs'>): Promise<AuditLine>;
  /** Newest first, with numbers below one; `undefined` begins at the newest. */
  listNewest(below: number | undefined, limit: number): Promise<AuditPage>;
  /** In order, with numbers above one. */
  listAfter(after: number, limit: number): Promise<AuditPage>;
}
