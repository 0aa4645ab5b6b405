/**
 * Takes in all lines of a body or none: every line is read and judged first, and then one script
 * call admits them. What must be held until then is bounded.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import { whileAllowed } from '../../http/refusal.ts';
import { type AdmittedLines, admitLines, bringTickets, draftLines } from './admit-lines.ts';
import type { BulkCall } from './bulk-call.ts';
import type { BulkDeps } from './bulk-deps.ts';
import {
  type BulkEnd,
  emptyTally,
  type LineReply,
  printReplies,
  printSummary,
} from './bulk-reply.ts';
import type { DraftedLine } from './draft-line.ts';
import { groupLines } from './group-lines.ts';
import { atomicTooLarge, holdBody } from './hold-body.ts';
import { refusalOf } from './refuse-group.ts';
import type { SplitLine } from './split-lines.ts';

/**
 * The whole reply.
 *
 * @throws ForebayError what `holdBody` throws, what cuts a body off, and what refuses a call whose
 *   key has ended meanwhile;
 *   after `store_unavailable` it is unknown whether all lines were admitted or none.
 */
export async function submitAtomic(
  deps: BulkDeps,
  call: BulkCall,
  input: AsyncIterable<Uint8Array>,
): Promise<string> {
  const place = deps.atomicRoom.enter(call.tenant);
  try {
    const held = holdBody(whileAllowed(input, call.signal), place, deps.clock);
    return await takeAll(deps, call, await collectLines(held, deps.lineBytesMax));
  } finally {
    place.leave();
  }
}

async function takeAll(
  deps: BulkDeps,
  call: BulkCall,
  lines: readonly SplitLine[],
): Promise<string> {
  const drafts: DraftedLine[] = [];
  for (let start = 0; start < lines.length; start += limits.bulkGroupLinesMax) {
    const group = lines.slice(start, start + limits.bulkGroupLinesMax);
    drafts.push(...(await draftLines(deps, call, group)));
  }
  const refusal = await refusalOf(deps, call);
  if (refusal !== undefined) throw refusal;
  const isSound = drafts.every((draft) => draft.kind !== 'refused');
  const { replies, records } = isSound ? await admitLines(deps, call, drafts) : none(drafts);
  await bringTickets(deps, records);
  const refused = replies.find((reply) => reply.kind === 'rejected')?.line;
  const tally = emptyTally();
  const text = printReplies(
    replies.map((reply) => finalReply(reply, refused)),
    tally,
  );
  const end: BulkEnd =
    refused === undefined ? { kind: 'completed' } : { kind: 'aborted', atLine: refused };
  return text + printSummary(call.batchId, tally, end);
}

async function collectLines(
  input: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): Promise<readonly SplitLine[]> {
  const lines: SplitLine[] = [];
  for await (const group of groupLines(input, lineBytesMax)) {
    lines.push(...group.lines);
    if (lines.length > limits.bulkAtomicLinesMax) throw atomicTooLarge();
  }
  return lines;
}

function none(drafts: readonly DraftedLine[]): AdmittedLines {
  const replies = drafts.map(({ line, customId, ...draft }): AdmittedLines['replies'][number] =>
    draft.kind === 'refused'
      ? { line, customId, kind: 'rejected', error: draft.error }
      : { line, customId, kind: 'withheld' },
  );
  return { replies, records: [] };
}

function finalReply(
  reply: AdmittedLines['replies'][number],
  refusedLine: number | undefined,
): LineReply {
  if (reply.kind !== 'withheld') return reply;
  const { line, customId } = reply;
  const remedy = 'Correct that one and send all again.';
  const detail = `Not taken, because line ${refusedLine} was refused. ${remedy}`;
  const error = new ForebayError('atomic_refused', detail);
  return { line, customId, kind: 'rejected', error };
}
