import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { attemptId, newJobId, newToken } from '@forebay/shared/domain/ids';
import type { SettleRequest } from '@forebay/shared/ports/job-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { expect, onTestFinished, test } from 'vitest';
import { answeredFor, testTenant } from '../../../../test/support/store.ts';
import { encodeSettlement } from '../settlement/settlement-codec.ts';
import type { WorkerEventFields } from '../worker-events.ts';
import { openAnswerJournal } from './answer-journal.ts';
import { createAnswerKeeper } from './keep-answer.ts';

const inline = Buffer.from('i a large answer');
const placed = Buffer.from('o its key');

function answerOf(changes: Partial<SettleRequest> = {}): SettleRequest {
  return {
    settlement: newToken('settle'),
    id: newJobId(),
    tenant: testTenant,
    fence: 2,
    from: ['running', 'cancelling'],
    attempt: answeredFor(2, 7n),
    to: 'succeeded',
    reason: { code: 'succeeded', text: 'answered' },
    error: undefined,
    usage: undefined,
    sealedResult: inline,
    ...changes,
  };
}

const idOf = (request: SettleRequest) => attemptId(request.id, request.fence);

/** A keeper on a real journal; the store and the object store do what a test says. */
async function setup() {
  const directory = mkdtempSync(join(tmpdir(), 'forebay-keeper-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const journal = await openAnswerJournal({ directory, owner: 'worker', clock: systemClock });
  onTestFinished(() => journal.close());
  const events = createEvents<WorkerEventFields>((_, error) => {
    throw error;
  });
  const seen: string[] = [];
  events.onAny((name) => seen.push(name));
  const settled: SettleRequest[] = [];
  const said = { byThis: true };
  const say = { settle: async (): Promise<void> => {}, place: async (): Promise<void> => {} };
  const leaving = new AbortController();
  const keeper = createAnswerKeeper({
    jobs: {
      async settle(request) {
        await say.settle();
        settled.push(request);
        return { kind: 'settled', state: 'succeeded', ...said };
      },
    },
    vault: {
      async place() {
        await say.place();
        return placed;
      },
    },
    journal,
    clock: systemClock,
    events,
    giveUp: leaving.signal,
  });
  return { keeper, journal, seen, settled, say, said, leaving };
}

test('the journal has the whole answer before anything else hears of it', async () => {
  const { keeper, journal, say, settled } = await setup();
  const request = answerOf();
  const kept: string[][] = [];
  const look = async () => {
    const entry = journal.pending().find(({ id }) => id === idOf(request));
    expect(Buffer.from(entry?.content ?? []).toString()).toContain(inline.toString('base64'));
    kept.push(journal.pending().map(({ id }) => id));
  };
  say.place = look;
  say.settle = look;
  await keeper.keepAndSettle(request, 'alpha');
  expect(kept).toEqual([[idOf(request)], [idOf(request)]]);
  expect(settled[0]?.sealedResult).toEqual(placed);
  expect(journal.pending()).toEqual([]);
});

test('an object store that fails leaves the answer inline, and says so', async () => {
  const { keeper, seen, say, settled } = await setup();
  say.place = () => Promise.reject(new Error('ENOSPC'));
  await keeper.keepAndSettle(answerOf(), 'alpha');
  expect(settled[0]?.sealedResult).toEqual(inline);
  expect(seen).toEqual(['answer.kept_inline', 'store.answered', 'job.ended']);
});

test('an end that another settlement has brought is not reported again', async () => {
  const { keeper, seen, said } = await setup();
  said.byThis = false;
  await keeper.keepAndSettle(answerOf(), 'alpha');
  expect(seen).toEqual(['store.answered']);
});

test('an entry that cannot be read holds up no other one, and stays', async () => {
  const { keeper, journal, seen, settled } = await setup();
  await journal.append({ id: 'damaged', content: Buffer.from('{') });
  await journal.append({ id: 'newer', content: Buffer.from('{"schema":99}') });
  const request = answerOf();
  await journal.append({ id: idOf(request), content: encodeSettlement(request) });
  expect(await keeper.replay()).toBe(1);
  expect(settled.map(({ id }) => id)).toEqual([request.id]);
  expect(journal.pending().map(({ id }) => id)).toEqual(['damaged', 'newer']);
  expect(seen.filter((name) => name === 'journal.entry_failed')).toHaveLength(2);
});

test('an entry that the store refuses holds up no other one, and stays', async () => {
  const { keeper, journal, say, settled } = await setup();
  const [first, second] = [answerOf(), answerOf()];
  for (const request of [first, second]) {
    await journal.append({ id: idOf(request), content: encodeSettlement(request) });
  }
  say.settle = async () => {
    say.settle = async () => {};
    throw new Error('FOREBAY a charge is above its reservation');
  };
  expect(await keeper.replay()).toBe(1);
  expect(settled.map(({ id }) => id)).toEqual([second.id]);
  expect(journal.pending().map(({ id }) => id)).toEqual([idOf(first)]);
});

test('a store that is away ends a replay once the process must go', async () => {
  const { keeper, journal, say, leaving } = await setup();
  const request = answerOf();
  await journal.append({ id: idOf(request), content: encodeSettlement(request) });
  say.settle = () => Promise.reject(new ForebayError('store_unavailable', 'away'));
  leaving.abort();
  await expect(keeper.replay()).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(journal.pending()).toHaveLength(1);
});

test('a probe of the disk is no answer', async () => {
  const { keeper, journal, seen } = await setup();
  await journal.append({ id: 'probe', content: new Uint8Array() });
  expect(await keeper.replay()).toBe(0);
  expect(journal.pending()).toEqual([]);
  expect(seen).toEqual([]);
});
