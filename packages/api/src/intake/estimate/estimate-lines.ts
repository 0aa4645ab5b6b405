/**
 * Estimates a file of jobs, a line at a time and at the reader's pace: one line of answer for each
 * job, then a summary. Without the summary the stream broke.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';
import { parseGuardedJson } from '../../http/json-guard.ts';
import { refusalIn, whileAllowed } from '../../http/refusal.ts';
import type { LineName } from '../bulk/bulk-reply.ts';
import { lineKeyUsedOtherwise } from '../bulk/draft-line.ts';
import { groupLines } from '../bulk/group-lines.ts';
import { customIdOf, lineTooLong } from '../bulk/line-faults.ts';
import type { SplitLine } from '../bulk/split-lines.ts';
import type { HeaderLookup } from '../direct-request.ts';
import type { KeyedPayer } from '../plan-job.ts';
import { viewError } from '../view-error.ts';
import { type EstimateDeps, estimateRequest, type RequestEstimate } from './estimate-request.ts';
import { createEstimateTally, type EstimateTally } from './estimate-tally.ts';
import { createSeenLines, type SeenLines, type Sighting } from './seen-lines.ts';
import { detailsOf, tellAll } from './tell-all.ts';
import { viewEstimate, viewRefusal } from './view-estimate.ts';

export interface EstimateLinesDeps extends EstimateDeps {
  /** The longest line under the present configuration. */
  readonly lineBytesMax: number;
}

export interface EstimateCall {
  readonly payer: KeyedPayer;
  readonly grants: IntakeGrants;
  readonly headers: HeaderLookup;
  /** The store's time when the call came. */
  readonly nowMs: number;
  /** `errors` answers only lines that a submission would refuse. */
  readonly lines: 'all' | 'errors';
  readonly signal: AbortSignal;
}

/**
 * A caller who may not go on gets the sum of what was estimated, and why it ends there.
 *
 * @throws ForebayError `request_timeout` or `invalid_json` when the body stops or is cut off.
 */
export async function* estimateLines(
  deps: EstimateLinesDeps,
  call: EstimateCall,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void> {
  const tally = createEstimateTally();
  try {
    yield* estimateGroups(deps, call, { input, tally });
  } catch (error) {
    const refusal = refusalIn(call.signal);
    if (refusal === undefined || error !== refusal) throw error;
    yield `${JSON.stringify({ summary: { ...tally.view(), error: viewError(refusal) } })}\n`;
  }
}

async function* estimateGroups(
  deps: EstimateLinesDeps,
  call: EstimateCall,
  { input, tally }: { input: AsyncIterable<Uint8Array>; tally: EstimateTally },
): AsyncGenerator<string, void> {
  const seen = createSeenLines();
  const allowed = whileAllowed(input, call.signal);
  for await (const { lines } of groupLines(allowed, deps.lineBytesMax)) {
    if (call.signal.aborted && refusalIn(call.signal) === undefined) return;
    let text = '';
    for (const line of lines) {
      const answer = await estimateLine(deps, call, { line, seen });
      if (answer.kind === 'estimated') tally.add(answer.estimate);
      else if (answer.kind === 'duplicate') tally.addDuplicate();
      else tally.addRefusal();
      if (answer.kind === 'refused' || call.lines === 'all') text += `${viewLine(answer)}\n`;
    }
    if (text !== '') yield text;
    // Measuring is work of this thread alone; others get their turn between two groups.
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield `${JSON.stringify({ summary: tally.view() })}\n`;
}

type LineAnswer =
  | { readonly kind: 'estimated'; readonly name: LineName; readonly estimate: RequestEstimate }
  /** Says the same as an earlier line of its name, and would make no second job. */
  | { readonly kind: 'duplicate'; readonly name: LineName }
  | { readonly kind: 'refused'; readonly name: LineName; readonly error: ForebayError };

async function estimateLine(
  deps: EstimateLinesDeps,
  call: EstimateCall,
  { line, seen }: { readonly line: SplitLine; readonly seen: SeenLines },
): Promise<LineAnswer> {
  const name: { line: number; customId: string | undefined } = {
    line: line.number,
    customId: undefined,
  };
  try {
    if (line.kind === 'too_long') throw lineTooLong(deps.lineBytesMax);
    const envelope = parseGuardedJson(line.bytes);
    name.customId = customIdOf(envelope);
    const { payer, grants, headers, nowMs } = call;
    const envelopeBytes = line.bytes.length;
    const order = { envelope, envelopeBytes, payer, grants, headers, nowMs };
    const earlier = name.customId === undefined ? undefined : seen.find(name.customId, envelope);
    if (earlier?.kind === 'same') return { kind: 'duplicate', name };
    const estimate = await orWithName(earlier, () => estimateRequest(deps, order));
    if (earlier?.kind === 'new') earlier.keep();
    return { kind: 'estimated', name, estimate };
  } catch (error) {
    if (!ForebayError.is(error) || error.entry.status >= 500) throw error;
    return { kind: 'refused', name, error };
  }
}

/** @throws ForebayError that also tells that the name of the line is taken by another one. */
async function orWithName(
  earlier: Sighting | undefined,
  estimate: () => Promise<RequestEstimate>,
): Promise<RequestEstimate> {
  if (earlier?.kind !== 'other') return estimate();
  const taken = tellAll(lineKeyUsedOtherwise(), []);
  try {
    await estimate();
  } catch (error) {
    if (!ForebayError.is(error) || error.entry.status >= 500) throw error;
    throw tellAll(error, detailsOf(taken));
  }
  throw taken;
}

function viewLine(answer: LineAnswer): string {
  const { line, customId } = answer.name;
  const name = { line, ...(customId === undefined ? {} : { custom_id: customId }) };
  return JSON.stringify({ ...name, ...viewAnswer(answer) });
}

function viewAnswer(answer: LineAnswer): JsonObject {
  switch (answer.kind) {
    case 'estimated':
      return { status: 'estimated', ...viewEstimate(answer.estimate) };
    case 'duplicate':
      return { status: 'duplicate' };
    case 'refused':
      return { status: 'refused', error: viewRefusal(answer.name, answer.error) };
  }
}
