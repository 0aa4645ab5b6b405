/**
 * Takes in a stream of jobs: lines → groups → drafts → admission → replies, with a few groups on
 * their way at once.
 *
 *  B1. Groups are drafted side by side and admitted one after the other, so that of two lines
 *      with one key the first counts, and nothing after the line that ends a call is admitted.
 *  B2. A reply is given only when admission has answered: what is acknowledged is stored.
 *  B3. Lines, bytes and tickets on their way are bounded. Whoever reads the replies slowly holds up
 *      admission and in the end the sender.
 *  B4. A key that has ended, or whose tenant was suspended, ends the call, also while nothing
 *      arrives; the summary says why.
 *  B5. Without a summary the stream broke. Every line may be sent again: its key tells it from a
 *      new one.
 */
import type { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import { wait } from '@forebay/shared/runtime/wait';
import { refusalIn, whileAllowed } from '../../http/refusal.ts';
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
import { groupLines, type LineGroup } from './group-lines.ts';
import { refusalOf } from './refuse-group.ts';
import { runAhead, type Settled, settle, unwrap } from './run-ahead.ts';

/** What became of a group. */
type Landing =
  | { readonly kind: 'admitted'; readonly replies: readonly LineReply[] }
  /** Its last reply is the rejection that ends the call. */
  | { readonly kind: 'aborted'; readonly replies: readonly LineReply[] }
  /** None of it is taken: the caller may not go on (B4). */
  | { readonly kind: 'refused'; readonly error: ForebayError }
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
  const source = input[Symbol.asyncIterator]();
  const groups = groupLines(whileAllowed(input, call.signal), deps.lineBytesMax);
  const turns = createTurns(deps, call);
  const landings = runAhead({ source: groups, start: (group) => turns.take(group), hasRoom });
  const tally = emptyTally();
  try {
    for await (const landing of untilItFails(landings, call)) {
      if (landing.kind === 'passed_over') return;
      if (landing.kind !== 'refused') yield printReplies(landing.replies, tally);
      if (landing.kind === 'admitted') continue;
      await turns.placed();
      yield printSummary(call.batchId, tally, endOf(landing));
      await passOver(source, deps, call);
      return;
    }
    await turns.placed();
    yield printSummary(call.batchId, tally, { kind: 'completed' });
  } finally {
    await turns.placed();
  }
}

/** B4. An input that was cut off by a refusal is one more landing. */
async function* untilItFails(
  landings: AsyncIterable<Landing>,
  { signal }: BulkCall,
): AsyncGenerator<Landing, void> {
  try {
    yield* landings;
  } catch (error) {
    const refusal = refusalIn(signal);
    if (refusal === undefined || error !== refusal) throw error;
    yield { kind: 'refused', error: refusal };
  }
}

type LastLanding = Extract<Landing, { readonly kind: 'aborted' | 'refused' }>;

function endOf(landing: LastLanding): BulkEnd {
  if (landing.kind === 'refused') return landing;
  return { kind: 'aborted', atLine: landing.replies.at(-1)?.line ?? 0 };
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
    const ended = refusalIn(call.signal);
    if (ended !== undefined) return { kind: 'refused', error: ended };
    const goesOn = before.ok && before.value.kind === 'admitted' && !call.signal.aborted;
    if (!goesOn) return { kind: 'passed_over' };
    const wanted = untilRefused(call, unwrap(drafts));
    const refusal = await refusalOf(deps, call);
    if (refusal !== undefined) return { kind: 'refused', error: refusal };
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
  input: AsyncIterator<Uint8Array>,
  { clock }: BulkDeps,
  { signal }: BulkCall,
): Promise<void> {
  const over = new AbortController();
  const ends = refusalIn(signal) === undefined ? [signal, over.signal] : [over.signal];
  const late = wait(clock, limits.bulkLingerMs, AbortSignal.any(ends));
  const lateEnd = late.then(() => ({ ok: false, error: undefined }) as const);
  for (;;) {
    const next = await Promise.race([settle(input.next()), lateEnd]);
    if (next.ok && next.value.done !== true) continue;
    over.abort();
    return;
  }
}
