/** Turns one line of a bulk call into a job that is ready for admission, or says why not. */

import { canonicalJson } from '@forebay/shared/domain/canonical-json';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobId } from '@forebay/shared/domain/ids';
import type { Json } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import type { IdempotencyClaim, NewJob } from '@forebay/shared/ports/job-store';
import { inSpan, isUnsampled } from '@forebay/shared/telemetry/tracing';
import { parseGuardedJson } from '../../http/json-guard.ts';
import { type DraftJobDeps, draftJob } from '../draft-job.ts';
import { type FindEarlierJobDeps, findEarlierJob } from '../find-earlier-job.ts';
import { claimIdempotency } from '../idempotency.ts';
import { lookUpWishes } from '../look-up-wishes.ts';
import { type BoundedRequest, readRequest } from '../plan-job.ts';
import type { BulkCall } from './bulk-call.ts';
import type { LineName } from './bulk-reply.ts';
import { customIdOf, lineTooLong } from './line-faults.ts';
import type { SplitLine } from './split-lines.ts';

export type DraftLineDeps = DraftJobDeps &
  FindEarlierJobDeps & {
    /** The longest line under the present configuration. */
    readonly lineBytesMax: number;
  };

export type DraftedLine = LineName &
  (
    | { readonly kind: 'ready'; readonly job: NewJob }
    | { readonly kind: 'duplicate'; readonly id: JobId }
    | { readonly kind: 'refused'; readonly error: ForebayError }
  );

interface ReadLine extends LineName {
  readonly request: BoundedRequest;
  readonly claim: IdempotencyClaim | undefined;
  readonly bytes: number;
}

/**
 * @param nowMs the store's time.
 * @throws what is not the line's fault: the store or the disk does not answer.
 */
export async function draftLine(
  deps: DraftLineDeps,
  call: BulkCall,
  { line, nowMs }: { readonly line: SplitLine; readonly nowMs: number },
): Promise<DraftedLine> {
  if (line.kind === 'too_long') return refused(unread(line), lineTooLong(deps.lineBytesMax));
  const name: { line: number; customId: string | undefined } = unread(line);
  try {
    const envelope = parseGuardedJson(line.bytes);
    name.customId = customIdOf(envelope);
    const request = readRequest({ envelope, envelopeBytes: line.bytes.length });
    const claim = claimLine(call, { ...name, customId: request.customId }, envelope);
    return await draft(deps, call, {
      ...{ ...name, request, claim, nowMs },
      bytes: line.bytes.length,
    });
  } catch (error) {
    const fault = faultOf(error);
    return refused(name, fault.code === 'idempotency_mismatch' ? lineKeyUsedOtherwise() : fault);
  }
}

/** What the one line is told whose key has made another job. */
export function lineKeyUsedOtherwise(): ForebayError {
  return new ForebayError(
    'idempotency_mismatch',
    'This line was taken before with another content under the same custom_id, or under the same ' +
      'Idempotency-Key and line number. Send it as the first time, or under another name.',
    { param: 'custom_id' },
  );
}

async function draft(
  deps: DraftLineDeps,
  call: BulkCall,
  read: ReadLine & { readonly nowMs: number },
): Promise<DraftedLine> {
  const { line, customId, request, claim, nowMs } = read;
  const { tenant, keyId, payerKeyId, grants, headers, batchId } = call;
  // A large payload goes to the object store before admission: not a second time in vain.
  const early = read.bytes > limits.inlineBytesMax ? claim : undefined;
  const known = await findEarlierJob(deps, tenant, early);
  if (known !== undefined) return { line, customId, kind: 'duplicate', id: known.id };
  try {
    const wishes = await lookUpWishes(deps, tenant, request);
    const payer = { tenant, keyId, payerKeyId, grants, headers, wishes };
    const order = { ...payer, request, claim, batchId, retryOf: undefined, nowMs };
    const job = await inLineTrace(call, () => draftJob(deps, order));
    return { line, customId, kind: 'ready', job };
  } catch (error) {
    const fault = faultOf(error);
    const earlier = await findEarlierJob(deps, tenant, claim);
    if (earlier === undefined) return refused({ line, customId }, fault);
    return { line, customId, kind: 'duplicate', id: earlier.id };
  }
}

/**
 * Each line begins a trace of its own that points at the call's: thousands of jobs in one would be
 * more than anybody can look at. A call that is not sampled makes no line that is.
 */
function inLineTrace(call: BulkCall, draftIt: () => Promise<NewJob>): Promise<NewJob> {
  if (isUnsampled()) return draftIt();
  const attributes = { 'forebay.tenant': call.tenant, 'forebay.batch.id': call.batchId };
  const options = { kind: 'producer', under: undefined, linksToRunning: true, attributes } as const;
  return inSpan('submit job', options, async (span) => {
    const job = await draftIt();
    span.set({
      'forebay.job.id': job.id,
      'forebay.job.priority': job.priority,
      'forebay.model': job.model,
    });
    return job;
  });
}

/**
 * A line is known by its `custom_id`, else by its number when the call has a key. The keys of
 * other calls, and those of single jobs, are others.
 */
function claimLine(call: BulkCall, name: LineName, envelope: Json): IdempotencyClaim | undefined {
  const { tenant, method, pathTemplate, idempotencyKey = null } = call;
  const { line, customId } = name;
  if (customId === undefined && idempotencyKey === null) return undefined;
  const key = customId === undefined ? ['line', line] : ['custom_id', customId];
  const scope = { tenant, method, pathTemplate, key: canonicalJson([idempotencyKey, ...key]) };
  return claimIdempotency(scope, envelope);
}

function unread({ number }: SplitLine): LineName {
  return { line: number, customId: undefined };
}

function refused({ line, customId }: LineName, error: ForebayError): DraftedLine {
  return { line, customId, kind: 'refused', error };
}

/** The line's own fault. @throws any other error. */
function faultOf(error: unknown): ForebayError {
  if (ForebayError.is(error) && error.entry.status < 500) return error;
  throw error;
}
