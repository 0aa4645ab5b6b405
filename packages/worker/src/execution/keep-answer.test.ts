import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { attemptId, newJobId, newToken } from '@forebay/shared/domain/ids';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { SettleRequest } from '@forebay/shared/ports/job-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answeredFor, testTenant } from '../../../../test/support/store.ts';
import type { OutputForm } from '../outputs/judge-output.ts';
import type { JudgedEnd } from '../settlement/judge-attempt.ts';
import { encodeSettlement } from '../settlement/settlement-codec.ts';
import type { WorkerEventFields } from '../worker-events.ts';
import { openAnswerJournal } from './answer-journal.ts';
import { createAnswerKeeper } from './keep-answer.ts';

const inline = Buffer.from('i a large answer');
const placed = Buffer.from('o its key');
const emptied = Buffer.from('i {}');

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

const chatOf = (content: string): JsonObject => ({ choices: [{ message: { content } }] });

const form: OutputForm = {
  kind: 'chat.completions',
  format: { kind: 'schema', schema: {}, path: [] },
  tools: [],
  countsRefusals: true,
};

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
  const missed: { readonly id: string; readonly end: JudgedEnd }[] = [];
  const say = {
    settle: async (): Promise<void> => {},
    place: async (): Promise<void> => {},
    body: chatOf('{}'),
  };
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
      seal: async () => emptied,
      unpack: async () => say.body,
    },
    outputs: {
      async check({ text }) {
        if (text === 'a bug') throw new TypeError(text);
        return text.startsWith('{') ? undefined : 'it is no JSON';
      },
    },
    async endMissed(request, end) {
      await say.settle();
      missed.push({ id: request.id, end });
    },
    journal,
    clock: systemClock,
    events,
    giveUp: leaving.signal,
  });
  return { keeper, journal, seen, settled, missed, say, said, leaving };
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
  await (await keeper.keep({ request: request })).settle('alpha');
  expect(kept).toEqual([[idOf(request)], [idOf(request)]]);
  expect(settled[0]?.sealedResult).toEqual(placed);
  expect(journal.pending()).toEqual([]);
});

test('the store gets no text of an answer of which only figures count, also late', async () => {
  const { keeper, journal, say, settled } = await setup();
  const waiting = () => ({ request: answerOf(), form, figuresOnly: true });
  const kept = await keeper.keep(waiting());
  expect(await kept.findMiss()).toBeUndefined();
  await kept.settle('next');
  say.body = chatOf('no JSON');
  expect(await (await keeper.keep(waiting())).findMiss()).toMatchObject({
    errorClass: 'malformed_output',
    message: 'it misses what the request asks for',
  });
  say.body = chatOf('{}');
  await keeper.replay();
  expect(settled.map(({ sealedResult }) => sealedResult)).toEqual([emptied, emptied]);
  expect(journal.pending()).toEqual([]);
});

test('an object store that fails leaves the answer inline, and says so', async () => {
  const { keeper, seen, say, settled } = await setup();
  say.place = () => Promise.reject(new Error('ENOSPC'));
  await (await keeper.keep({ request: answerOf() })).settle('alpha');
  expect(settled[0]?.sealedResult).toEqual(inline);
  expect(seen).toEqual(['answer.kept_inline', 'store.answered', 'job.ended']);
});

test('an end that another settlement has brought is not reported again', async () => {
  const { keeper, seen, said } = await setup();
  said.byThis = false;
  await (await keeper.keep({ request: answerOf() })).settle('alpha');
  expect(seen).toEqual(['store.answered']);
});

test('an entry that cannot be read holds up no other one, and stays', async () => {
  const { keeper, journal, seen, settled } = await setup();
  await journal.append({ id: 'damaged', content: Buffer.from('{') });
  await journal.append({ id: 'newer', content: Buffer.from('{"schema":99}') });
  const request = answerOf();
  await journal.append({ id: idOf(request), content: encodeSettlement({ request }) });
  expect(await keeper.replay()).toBe(1);
  expect(settled.map(({ id }) => id)).toEqual([request.id]);
  expect(journal.pending().map(({ id }) => id)).toEqual(['damaged', 'newer']);
  expect(seen.filter((name) => name === 'journal.entry_failed')).toHaveLength(2);
});

test('an entry that the store refuses holds up no other one, and stays', async () => {
  const { keeper, journal, say, settled } = await setup();
  const [first, second] = [answerOf(), answerOf()];
  for (const request of [first, second]) {
    await journal.append({ id: idOf(request), content: encodeSettlement({ request }) });
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
  await journal.append({ id: idOf(request), content: encodeSettlement({ request }) });
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

describe('an answer that must have a form', () => {
  test('is in the journal while it is held against it, and until the store knows', async () => {
    const { keeper, journal, say, missed, settled } = await setup();
    const request = answerOf();
    const kept = await keeper.keep({ request, form });
    expect(journal.pending().map(({ id }) => id)).toEqual([idOf(request)]);
    expect(await kept.findMiss()).toBeUndefined();
    say.body = chatOf('no');
    const miss = await kept.findMiss();
    expect(miss).toMatchObject({ errorClass: 'malformed_output', message: 'it is no JSON' });
    const pending: number[] = [];
    say.settle = async () => {
      pending.push(journal.pending().length);
    };
    await kept.endMissed(endOf(request));
    expect({ pending, settled }).toEqual({ pending: [1], settled: [] });
    expect(missed.map(({ id }) => id)).toEqual([request.id]);
    expect(journal.pending()).toEqual([]);
  });

  test('and comes from a dead process is judged before it is settled', async () => {
    const { keeper, journal, say, missed, settled } = await setup();
    const [good, bad] = [answerOf(), answerOf()];
    for (const request of [good, bad]) {
      await journal.append({ id: idOf(request), content: encodeSettlement({ request, form }) });
    }
    say.settle = async () => {
      say.body = chatOf('no');
    };
    expect(await keeper.replay()).toBe(2);
    expect(settled.map(({ id }) => id)).toEqual([good.id]);
    expect(missed).toMatchObject([
      { id: bad.id, end: { outcome: 'malformed_output', costNanoUsd: 7n, costIs: 'exact' } },
    ]);
    expect(journal.pending()).toEqual([]);
  });

  test('and cannot be checked counts as a miss, and is told', async () => {
    const { keeper, say, seen } = await setup();
    const kept = await keeper.keep({ request: answerOf(), form });
    say.body = chatOf('a bug');
    expect(await kept.findMiss()).toMatchObject({ message: 'it could not be checked' });
    expect(seen).toEqual(['loop.failed']);
  });

  test('is checked for nothing when none is asked for', async () => {
    const { keeper, say } = await setup();
    const kept = await keeper.keep({ request: answerOf() });
    say.body = chatOf('no');
    expect(await kept.findMiss()).toBeUndefined();
  });
});

function endOf({ attempt }: SettleRequest): JudgedEnd {
  if (attempt === undefined) throw new Error('the settlement is one of an attempt');
  return attempt.end;
}
