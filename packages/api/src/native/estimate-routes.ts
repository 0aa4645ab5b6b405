/** `/v1/estimate`: what a job or a file of jobs would cost. No call is made, nothing stored. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, StreamedCall } from '../http/api-call.ts';
import { parseGuardedJson } from '../http/json-guard.ts';
import { requireType } from '../http/read-body.ts';
import { whileAllowed } from '../http/refusal.ts';
import type { StreamedRoute } from '../http/route-table.ts';
import { type EstimateLinesDeps, estimateLines } from '../intake/estimate/estimate-lines.ts';
import { estimateRequest } from '../intake/estimate/estimate-request.ts';
import { viewEstimate } from '../intake/estimate/view-estimate.ts';

export interface EstimateRoutesDeps {
  readonly estimate: EstimateLinesDeps & { readonly jobs: Pick<JobStore, 'nowMs'> };
  readonly clock: Clock;
  /** The largest body that a job may have under the present configuration. */
  readonly jobBytesMax: number;
}

const lineTypes = ['application/x-ndjson', 'application/jsonl'];
const mediaTypes = ['application/json', ...lineTypes];

export function estimateRoutes(deps: EstimateRoutesDeps): readonly StreamedRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/estimate',
      summary: 'Estimate the cost of one job, or of a file with one a line',
      // The plan of a job is what only those who may submit it are shown, as by the dry run.
      scope: 'jobs:write',
      input: 'stream',
      limits: { bodyBytesMax: deps.jobBytesMax, waitSecondsMax: 0 },
      audit: 'none',
      requestSchema: 'JobRequest',
      handle: (call) => postEstimate(deps, call),
    },
  ];
}

async function postEstimate(deps: EstimateRoutesDeps, call: StreamedCall): Promise<ApiReply> {
  requireType(call.headers, mediaTypes, 'JSON or NDJSON');
  const [type = ''] = (call.headers('content-type')[0] ?? '').toLowerCase().split(';');
  const lines = readLinesWanted(call.query);
  const nowMs = await answerInTime(deps.clock, () => deps.estimate.jobs.nowMs());
  const { caller: payer, headers } = call;
  const { grants } = payer;
  if (lineTypes.includes(type.trim())) {
    const { signal, input } = call;
    const chunks = estimateLines(
      deps.estimate,
      { payer, grants, headers, nowMs, lines, signal },
      input,
    );
    return { status: 200, headers: { 'Content-Type': 'application/x-ndjson' }, chunks };
  }
  const bytes = await readWhole(whileAllowed(call.input, call.signal), deps.jobBytesMax);
  const envelope = parseGuardedJson(bytes);
  const order = { envelope, envelopeBytes: bytes.length, payer, grants, headers, nowMs };
  const estimate = viewEstimate(await estimateRequest(deps.estimate, order));
  return { status: 200, body: { object: 'estimate', ...estimate } };
}

/** @throws ForebayError `body_too_large`, and what the input throws. */
async function readWhole(input: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of input) {
    sizeBytes += piece.length;
    if (sizeBytes > bytesMax) {
      const detail = `The body is larger than ${bytesMax} bytes, the limit of one job.`;
      throw new ForebayError('body_too_large', `${detail} Send a file of jobs as NDJSON.`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces, sizeBytes);
}

/** @throws ForebayError `invalid_request` */
function readLinesWanted(query: URLSearchParams): 'all' | 'errors' {
  const unknown = [...query.keys()].find((name) => name !== 'lines');
  if (unknown !== undefined) {
    const param = unknown.slice(0, 200);
    throw new ForebayError('invalid_request', `${JSON.stringify(param)}: expected only lines.`, {
      param,
    });
  }
  const [wanted = 'all', ...more] = query.getAll('lines');
  if (more.length === 0 && (wanted === 'all' || wanted === 'errors')) return wanted;
  throw new ForebayError('invalid_request', '"lines": expected all or errors.', { param: 'lines' });
}
