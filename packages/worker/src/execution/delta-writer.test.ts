import { limits } from '@forebay/shared/domain/limits';
import type { TextDelta } from '@forebay/shared/domain/text-delta';
import type { DeltaBatch } from '@forebay/shared/ports/delta-store';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { describe, expect, test } from 'vitest';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import type { WorkerEventFields } from '../worker-events.ts';
import { createDeltaWriter } from './delta-writer.ts';

type Answer = 'appended' | 'refused' | 'fails' | 'hangs';

function setup(answers: readonly Answer[] = []) {
  const clock = createManualClock();
  const batches: (DeltaBatch & { readonly texts: readonly string[] })[] = [];
  const told: string[] = [];
  const events = createEvents<WorkerEventFields>((_, error) => {
    throw error;
  });
  events.onAny((name) => told.push(name));
  const writer = createDeltaWriter(
    {
      clock,
      events,
      // The port's other side is scripted: the store's own behaviour has its conformance suite.
      deltas: {
        append(batch) {
          const answer = answers[batches.length] ?? 'appended';
          const texts = batch.pieces.map((piece) => Buffer.from(piece).toString());
          batches.push({ ...batch, texts });
          if (answer === 'fails') return Promise.reject(new Error('no reply'));
          if (answer === 'hangs') return new Promise(() => undefined);
          return Promise.resolve(answer);
        },
      },
      vault: {
        // The pieces are plain here, so that a test can read them.
        seal: (_, value) => Promise.resolve(Buffer.from(textIn(value))),
      },
    },
    sampleRecord(),
  );
  const push = (text: string, more: Partial<TextDelta> = {}): void =>
    writer.push({ choice: 0, field: 'content', text, ...more });
  return { clock, batches, told, writer, push };
}

function textIn(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('text' in value)) return '';
  return String(value.text);
}

describe('createDeltaWriter', () => {
  test('writes the first piece at once and joins what follows within the interval', async () => {
    const { clock, batches, push } = setup();
    push('a');
    await clock.settle();
    push('b');
    push('c');
    await clock.advance(limits.deltaIntervalMs - 1);
    expect(batches.map(({ texts }) => texts)).toEqual([['a']]);
    await clock.advance(1);
    expect(batches.map(({ texts, batch }) => [batch, texts])).toEqual([
      [1, ['a']],
      [2, ['bc']],
    ]);
  });

  test('keeps fields apart, and joins each choice with its own', async () => {
    const { clock, batches, push } = setup();
    push('first');
    await clock.settle();
    push('x', { choice: 1 });
    push('hm', { field: 'reasoning' });
    push('y', { choice: 1 });
    push('so');
    await clock.advance(limits.deltaIntervalMs);
    expect(batches[1]?.texts).toEqual(['xy', 'hm', 'so']);
  });

  test('cuts long text into pieces and loses none of it', async () => {
    const { clock, batches, push, writer } = setup();
    const text = 'ab'.repeat(limits.deltaCharactersMax);
    push(text);
    await writer.finish('answered');
    await clock.settle();
    const pieces = batches.flatMap(({ texts }) => texts);
    expect(pieces).toHaveLength(2);
    expect(pieces.join('')).toBe(text);
  });

  test('ends an answer with what is left, without waiting for the interval', async () => {
    const { clock, batches, push, writer } = setup();
    push('a');
    await clock.settle();
    push('b');
    await writer.finish('answered');
    expect(batches.map(({ isLast, texts }) => [isLast, texts])).toEqual([
      [false, ['a']],
      [true, ['b']],
    ]);
    expect(clock.pending()).toBe(0);
  });

  test.each(['failed', 'aborted'] as const)('drops the rest of a call that %s', async (how) => {
    const { clock, batches, push, writer } = setup();
    push('a');
    await clock.settle();
    push('b');
    await writer.finish(how);
    push('c');
    await clock.advance(10_000);
    expect(batches).toHaveLength(1);
  });

  test('marks no answer as whole of which nothing was shown', async () => {
    const { batches, writer } = setup();
    await writer.finish('answered');
    expect(batches).toEqual([]);
  });

  test('sends a batch without a reply again under its number', async () => {
    const { clock, batches, push, told } = setup(['fails', 'fails']);
    push('a');
    await clock.settle();
    push('b');
    await clock.advance(1_000);
    expect(batches.map(({ batch, texts }) => [batch, texts])).toEqual([
      [1, ['a']],
      [1, ['a']],
      [1, ['a']],
      [2, ['b']],
    ]);
    expect(told).toEqual(['deltas.failed']);
  });

  test('shows nothing more after a refusal', async () => {
    const { clock, batches, push, writer } = setup(['refused']);
    push('a');
    await clock.settle();
    push('b');
    await writer.finish('answered');
    await clock.advance(10_000);
    expect(batches).toHaveLength(1);
  });

  test('gives up on a store that is slower than the answer', async () => {
    const { clock, batches, push, told, writer } = setup(['hangs']);
    push('a');
    await clock.settle();
    for (let n = 0; n <= limits.deltaPendingCharactersMax; n += 1_024) push('b'.repeat(1_024));
    await writer.finish('answered');
    expect(batches).toHaveLength(1);
    expect(told).toEqual(['deltas.dropped']);
  });

  test('lets an answer wait for a slow store for a short time only', async () => {
    const { clock, push, told, writer } = setup(['hangs']);
    push('a');
    await clock.settle();
    const finished = writer.finish('answered');
    await clock.advance(limits.deltaFinishMs);
    await finished;
    expect(told).toEqual(['deltas.dropped']);
  });
});
