import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Json } from '@forebay/shared/domain/json';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { expect, test } from 'vitest';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import type { WorkerEventFields } from '../worker-events.ts';
import { readRequest } from './read-request.ts';

const record = sampleRecord();
const body = { messages: [] };

/** Reads a request from a vault that answers in turn; the last answer stands. */
function setup(...answers: (() => Json)[]) {
  const clock = createManualClock();
  const events = createEvents<WorkerEventFields>((_, error) => {
    throw error;
  });
  const reports: unknown[] = [];
  events.on('payload.unreadable', ({ error }) => reports.push(error));
  let reads = 0;
  const unpack = async (): Promise<Json> => {
    const answer = answers[Math.min(reads, answers.length - 1)];
    reads += 1;
    return answer?.() ?? null;
  };
  const watch = new AbortController();
  const reading = readRequest(
    { vault: { unpack }, clock, events },
    { record, sealed: new Uint8Array(), watch },
  );
  return { reading, clock, reports, watch, reads: () => reads };
}

const fails = (error: Error) => () => {
  throw error;
};
const diskFails = fails(new Error('EIO'));
const gone = fails(new ForebayError('internal', 'The stored payload of a job is gone.'));
const unreadable = { kind: 'failed', errorClass: 'payload_unreadable', ambiguity: 'not_sent' };

test('a request that is there is read', async () => {
  const { reading, reports } = setup(() => body);
  expect(await reading).toEqual({ kind: 'read', body });
  expect(reports).toEqual([]);
});

test.each([
  ['is gone', gone],
  ['is damaged', fails(new SyntaxError('Unexpected token'))],
])('one that %s fails at once, free of cost', async (_, answer) => {
  const { reading, reports, reads } = setup(answer);
  expect(await reading).toMatchObject(unreadable);
  expect([reads(), reports.length]).toEqual([1, 1]);
});

test('one that is no object is never sent as an empty one', async () => {
  expect(await setup(() => 'text').reading).toMatchObject(unreadable);
});

test('a disk that fails for a moment is asked again', async () => {
  const { reading, clock, reports } = setup(diskFails, diskFails, () => body);
  await clock.settle();
  await clock.advance(200);
  await clock.advance(500);
  expect(await reading).toEqual({ kind: 'read', body });
  expect(reports).toHaveLength(2);
});

test('a disk that goes on failing fails the attempt after some seconds', async () => {
  const { reading, clock, reads } = setup(diskFails);
  await clock.settle();
  for (const pauseMs of [200, 500, 1_000, 2_000, 3_000]) await clock.advance(pauseMs);
  expect(await reading).toMatchObject(unreadable);
  expect(reads()).toBe(6);
});

test('a cancel, a deadline or a shutdown ends the waiting: nothing was sent', async () => {
  const { reading, clock, watch } = setup(diskFails);
  await clock.settle();
  watch.abort();
  expect(await reading).toMatchObject({ kind: 'aborted', ambiguity: 'not_sent' });
  expect(clock.pending()).toBe(0);
});
