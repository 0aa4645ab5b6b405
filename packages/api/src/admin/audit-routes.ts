/** `/admin/v1/audit`: the audit log, newest first, and all of it to keep elsewhere. */
import { limits } from '@forebay/shared/domain/limits';
import type { AuditStore } from '@forebay/shared/ports/audit-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import { type AdminRoute, plainLimits } from '../http/route-table.ts';
import { readWholeNumbers } from './read-whole-numbers.ts';

export interface AuditRoutesDeps {
  readonly audit: Pick<AuditStore, 'listNewest' | 'listAfter'>;
  readonly clock: Clock;
}

export function auditRoutes(deps: AuditRoutesDeps): readonly AdminRoute[] {
  const facts = {
    method: 'GET',
    scope: 'audit',
    for: 'operators',
    limits: plainLimits,
    audit: 'read',
    requestSchema: 'none',
  } as const;
  return [
    {
      ...facts,
      path: '/admin/v1/audit',
      summary: 'List the audit log, newest line first',
      handle: (call) => getAudit(deps, call),
    },
    {
      ...facts,
      path: '/admin/v1/audit/export',
      summary: 'Export the audit log as JSON lines, oldest first',
      handle: async (call) => exportAudit(deps, call),
    },
  ];
}

async function getAudit(deps: AuditRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const asked = readWholeNumbers(call.query, { before: 1, limit: 1 });
  const limit = Math.min(asked.limit ?? limits.listPageDefault, limits.listPageMax);
  const page = await answerInTime(deps.clock, () => deps.audit.listNewest(asked.before, limit));
  return {
    status: 200,
    body: {
      object: 'list',
      // Written by us: each line is a JSON object.
      data: page.lines.map((line) => JSON.parse(line)),
      has_more: page.goesOnAt !== undefined,
      next: page.goesOnAt ?? null,
    },
  };
}

/** The lines leave as they are stored, so that their hashes can be checked anywhere. */
function exportAudit(deps: AuditRoutesDeps, call: AdminCall): ApiReply {
  const { after = 0 } = readWholeNumbers(call.query, { after: 0 });
  return {
    status: 200,
    headers: { 'Content-Type': 'application/x-ndjson' },
    chunks: pages(deps.audit, after),
  };
}

async function* pages(audit: AuditRoutesDeps['audit'], first: number): AsyncIterable<string> {
  for (let after: number | undefined = first; after !== undefined; ) {
    const { lines, goesOnAt } = await audit.listAfter(after, limits.auditLinesPerRead);
    if (lines.length > 0) yield `${lines.join('\n')}\n`;
    after = goesOnAt;
  }
}
