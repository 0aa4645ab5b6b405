/** `/v1/jobs:bulk`: many jobs in one request, one reply line for each line of the body. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, StreamedCall } from '../http/api-call.ts';
import { requireType } from '../http/read-body.ts';
import type { StreamedRoute } from '../http/route-table.ts';
import {
  type BulkCall,
  type BulkErrorMode,
  bulkBatchId,
  bulkErrorModes,
} from '../intake/bulk/bulk-call.ts';
import type { BulkDeps } from '../intake/bulk/bulk-deps.ts';
import { submitAtomic } from '../intake/bulk/submit-atomic.ts';
import { submitBulk } from '../intake/bulk/submit-bulk.ts';
import { readIdempotencyKey } from '../intake/idempotency.ts';

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
  const onError = readErrorMode(call.query);
  const idempotencyKey = readIdempotencyKey(call.headers('idempotency-key'));
  const { tenant, keyId, grants } = call.caller;
  const batchId = bulkBatchId(tenant, idempotencyKey);
  const { method, pathTemplate, signal } = call;
  const order: BulkCall = {
    ...{ tenant, keyId, grants, method, pathTemplate, idempotencyKey, batchId, onError, signal },
  };
  // Once the status has left, a store that is away could only be told by cutting the connection.
  await answerInTime(bulk.clock, () => bulk.jobs.nowMs());
  const headers = { 'Content-Type': 'application/x-ndjson', 'Forebay-Batch-Id': batchId };
  if (onError === 'atomic') {
    return { status: 200, headers, text: await submitAtomic(bulk, order, call.input) };
  }
  return { status: 200, headers, chunks: submitBulk(bulk, order, call.input) };
}

/**
 * Strict: under a misspelt `on_error` lines would be taken that were to be held back.
 *
 * @throws ForebayError `invalid_request`
 */
function readErrorMode(query: URLSearchParams): BulkErrorMode {
  const unknown = [...query.keys()].find((name) => name !== 'on_error');
  if (unknown !== undefined) {
    const detail = `${JSON.stringify(unknown.slice(0, 200))}: expected only on_error.`;
    throw new ForebayError('invalid_request', detail, { param: unknown.slice(0, 200) });
  }
  const [text = 'reject_line', ...more] = query.getAll('on_error');
  const mode = bulkErrorModes.find((each) => each === text);
  if (mode !== undefined && more.length === 0) return mode;
  const detail = `"on_error": expected one of ${bulkErrorModes.join(', ')}.`;
  throw new ForebayError('invalid_request', detail, { param: 'on_error' });
}
