/** The lines of the audit log in the store, oldest first, read page by page. */
import { limits } from '@forebay/shared/domain/limits';
import type { AuditStore } from '@forebay/shared/ports/audit-store';

export async function* auditLines(audit: Pick<AuditStore, 'listAfter'>): AsyncIterable<string> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const { lines, goesOnAt } = await audit.listAfter(after, limits.auditLinesPerRead);
    yield* lines;
    after = goesOnAt;
  }
}
