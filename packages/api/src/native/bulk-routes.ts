/** `/v1/jobs:bulk`: many jobs in one request, one reply line for each line of the body. */
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, StreamedCall } from '../http/api-call.ts';
import { requireType } from '../http/read-body.ts';
import type { StreamedRoute } from '../http/route-table.ts';
import { type BulkCall, bulkBatchId } from '../intake/bulk/bulk-call.ts';
import type { BulkDeps } from '../intake/bulk/bulk-deps.ts';
import { submitAtomic } from '../intake/bulk/submit-atomic.ts';
import { submitBulk } from '../intake/bulk/submit-bulk.ts';
import { readIdempotencyKey } from '../intake/idempotency.ts';
import { readBulkQuery } from './bulk-query.ts';

export interface BulkRoutesDeps {
  readonly bulk: BulkDeps;
  /** The largest body that a job may have under the present configuration. */
  readonly jobBytesMax: number;
}

const mediaTypes = ['application/x-ndjson', 'application/jsonl'];

export function bulkRoutes(deps: BulkRoutesDeps): readonly StreamedRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/jobs\\:bulk',
      summary: 'Submit many jobs, one a line',
      scope: 'jobs:write',
      input: 'stream',
      limits: { bodyBytesMax: deps.jobBytesMax, waitSecondsMax: 0 },
      audit: 'write',
      requestSchema: 'JobRequest',
      handle: (call) => postBulk(deps, call),
    },
  ];
}

async function postBulk({ bulk }: BulkRoutesDeps, call: StreamedCall): Promise<ApiReply> {
  requireType(call.headers, mediaTypes, 'NDJSON');
  const { onError, ceiling } = readBulkQuery(call.query);
  const idempotencyKey = readIdempotencyKey(call.headers('idempotency-key'));
  const { tenant, keyId, payerKeyId, grants } = call.caller;
  const batchId = bulkBatchId(tenant, idempotencyKey);
  const { method, pathTemplate, headers: headersOf, signal, requireStillAllowed } = call;
  const order: BulkCall = {
    ...{ tenant, keyId, payerKeyId, grants, headers: headersOf, requireStillAllowed },
    ...{ method, pathTemplate, idempotencyKey, batchId, onError, signal },
  };
  // Once the status has left, a store that is away could only be told by cutting the connection.
  await answerInTime(bulk.clock, async () => {
    if (ceiling === undefined) await bulk.jobs.nowMs();
    else await bulk.jobs.limitBatch(tenant, batchId, ceiling);
  });
  const headers = { 'Content-Type': 'application/x-ndjson', 'Forebay-Batch-Id': batchId };
  if (onError === 'atomic') {
    return { status: 200, headers, text: await submitAtomic(bulk, order, call.input) };
  }
  return { status: 200, headers, chunks: submitBulk(bulk, order, call.input) };
}
