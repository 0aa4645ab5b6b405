/**
 * Takes in a stream of jobs: lines → groups → drafts → admission → replies, with a few groups on
 * their way at once.
 *
 *  B1. Groups are drafted side by side and admitted one after the other, so that of two lines
 *      with one key the first counts, and nothing after the line that ends a call is admitted.
 *  B2. A reply is given only when admission has answered: what is acknowledged is stored.
 *  B3. Lines, bytes and tickets on their way are bounded. Whoever reads the replies slowly holds up
 *      admission and in the end the sender.
 *  B4. A key that has ended, or whose tenant was suspended, ends the call like a line that ends it.
 *  B5. Without a summary the stream broke. Every line may be sent again: its key tells it from a
 *      new one.
 */
import type { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import { wait } from '@forebay/shared/runtime/wait';
import { type AdmittedLines, admitLines, bringTickets, draftLines } from './admit-lines.ts';
import type { BulkCall } from './bulk-call.ts';
import type { BulkDeps } from './bulk-deps.ts';
import { emptyTally, type LineReply, printReplies, printSummary } from './bulk-reply.ts';
import type { DraftedLine } from './draft-line.ts';
import { groupLines, type LineGroup } from './group-lines.ts';
import { refusalOf } from './refuse-group.ts';
import { runAhead, type Settled, settle, unwrap } from './run-ahead.ts';

/** What became of a group. */
type Landing =
  | { readonly kind: 'admitted'; readonly replies: readonly LineReply[] }
  /** Its last reply is the rejection that ends the call. */
  | { readonly kind: 'aborted'; readonly replies: readonly LineReply[] }
  /** The caller hung up, the process shuts down, or an earlier group ended the call. */
  | { readonly kind: 'passed_over' };

/**
 * The reply, piece by piece.
 *
 * @throws ForebayError `request_timeout` after too long a silence, `invalid_json` when the body is
 *   cut off, `store_unavailable` when the store stays away.
 */
export async function* submitBulk(
  deps: BulkDeps,
  call: BulkCall,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void> {
  const groups = groupLines(input, deps.lineBytesMax);
  const turns = createTurns(deps, call);
  const landings = runAhead({ source: groups, start: (group) => turns.take(group), hasRoom });
  const tally = emptyTally();
  try {
    for await (const landing of landings) {
      if (landing.kind === 'passed_over') return;
      yield printReplies(landing.replies, tally);
      if (landing.kind === 'admitted') continue;
      await turns.placed();
      yield printSummary(call.batchId, tally, landing.replies.at(-1)?.line);
      await passOver(groups, deps, call);
      return;
    }
    await turns.placed();
    yield printSummary(call.batchId, tally, undefined);
  } finally {
    await turns.placed();
  }
}

function hasRoom(open: readonly LineGroup[]): boolean {
  const bytes = open.reduce((sum, group) => sum + group.bytes, 0);
  return open.length < limits.bulkGroupsInFlightMax && bytes < limits.bulkBytesInFlightMax;
}

interface Turns {
  take(group: LineGroup): Promise<Landing>;
  /** All tickets stand where they belong, or the reconciler will see to it. */
  placed(): Promise<void>;
}

function createTurns(deps: BulkDeps, call: BulkCall): Turns {
  let previous: Promise<Settled<Landing>> = Promise.resolve({
    ok: true,
    value: { kind: 'admitted', replies: [] },
  });
  let placing = Promise.resolve();

  const land = async (drafting: Promise<Settled<readonly DraftedLine[]>>): Promise<Landing> => {
    const before = await previous;
    const drafts = await drafting;
    const goesOn = before.ok && before.value.kind === 'admitted' && !call.signal.aborted;
    if (!goesOn) return { kind: 'passed_over' };
    const wanted = untilRefused(call, unwrap(drafts));
    const refusal = await refusalOf(deps, call);
    if (refusal !== undefined) return ended(wanted, refusal);
    const { replies, records } = await admitLines(deps, call, wanted);
    // The tickets of one group at the most are on their way while the next is admitted.
    await placing;
    placing = bringTickets(deps, records);
    return decide(call, replies);
  };
  return {
    take(group) {
      const landing = land(settle(draftLines(deps, call, group.lines)));
      previous = settle(landing);
      return landing;
    },
    placed: () => placing,
  };
}

/** The first line that is not taken any more says why; none after it is looked at. */
function ended([first]: readonly DraftedLine[], error: ForebayError): Landing {
  if (first === undefined) return { kind: 'passed_over' };
  const { line, customId } = first;
  return { kind: 'aborted', replies: [{ line, customId, kind: 'rejected', error }] };
}

function decide(call: BulkCall, replies: AdmittedLines['replies']): Landing {
  const rejected = replies.findIndex((reply) => reply.kind === 'rejected');
  const isEnd = call.onError === 'abort' && rejected !== -1;
  const given = (isEnd ? replies.slice(0, rejected + 1) : replies).filter(
    (reply) => reply.kind !== 'withheld',
  );
  return { kind: isEnd ? 'aborted' : 'admitted', replies: given };
}

/** Where a bad line ends the call, nothing after it is of interest. */
function untilRefused(call: BulkCall, drafts: readonly DraftedLine[]): readonly DraftedLine[] {
  const refused = drafts.findIndex((draft) => draft.kind === 'refused');
  return call.onError !== 'abort' || refused === -1 ? drafts : drafts.slice(0, refused + 1);
}

/**
 * Reads on for a while without looking: a connection that is closed while its sender still sends
 * can lose the reply that is on its way.
 */
async function passOver(
  groups: AsyncIterator<LineGroup, void>,
  { clock }: BulkDeps,
  { signal }: BulkCall,
): Promise<void> {
  const over = new AbortController();
  const late = wait(clock, limits.bulkLingerMs, AbortSignal.any([signal, over.signal]));
  const lateEnd = late.then(() => ({ ok: false, error: undefined }) as const);
  for (;;) {
    const next = await Promise.race([settle(groups.next()), lateEnd]);
    if (next.ok && next.value.done !== true) continue;
    over.abort();
    return;
  }
}
