import { newJobId } from '@forebay/shared/domain/ids';
import { jobStates, terminalJobStates } from '@forebay/shared/domain/job-state';
import { errorClasses } from '@forebay/shared/domain/outcome';
import type { SettleRequest } from '@forebay/shared/ports/job-store';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testTenant } from '../../../../test/support/store.ts';
import type { OutputForm } from '../outputs/judge-output.ts';
import { decodeSettlement, encodeSettlement } from './settlement-codec.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const text = fc.string({ unit: 'binary', maxLength: 40 });
const usages = fc.record({
  inputTokens: fc.nat(),
  cachedInputTokens: fc.nat(),
  outputTokens: fc.nat(),
  reasoningTokens: fc.nat(),
});
const attemptErrors = fc.record({
  class: fc.constantFrom(...errorClasses),
  status: maybe(fc.nat(599)),
  code: maybe(text),
  message: text,
});
const ends = fc.record({
  outcome: fc.constantFrom('succeeded' as const, ...errorClasses),
  ambiguity: fc.constantFrom('not_sent', 'refused', 'answered', 'unknown'),
  error: maybe(attemptErrors),
  usage: maybe(usages),
  costNanoUsd: fc.bigInt({ min: 0n, max: 9_000_000_000_000_000n }),
  costIs: fc.constantFrom('exact', 'worst_case', 'none'),
  providerRequestId: maybe(text),
  counted: fc.boolean(),
});
const requests: fc.Arbitrary<SettleRequest> = fc.record({
  settlement: text,
  id: fc.constant(newJobId()),
  tenant: fc.constant(testTenant),
  fence: fc.nat(),
  from: fc.subarray([...jobStates]),
  attempt: maybe(fc.record({ fence: fc.nat(), end: ends })),
  to: fc.constantFrom(...terminalJobStates),
  reason: fc.record({ code: text, text }),
  error: maybe(
    fc.record({
      code: fc.constant('attempts_exhausted'),
      message: text,
      class: maybe(fc.constantFrom(...errorClasses)),
    }),
  ),
  usage: maybe(usages),
  sealedResult: maybe(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
});

const forms: fc.Arbitrary<OutputForm> = fc.record({
  kind: fc.constantFrom('chat.completions', 'responses'),
  format: fc.constantFrom({ kind: 'text' }, { kind: 'schema', schema: { a: 1 }, path: ['text'] }),
  tools: fc.constantFrom([], [{ name: 'f', schema: {}, path: ['tools', '0'] }]),
  countsRefusals: fc.boolean(),
});

test('a settlement comes back from the journal as it went in', () => {
  fc.assert(
    fc.property(requests, maybe(forms), maybe(fc.constant(true)), (request, form, figuresOnly) => {
      const waiting = {
        request,
        ...(form === undefined ? {} : { form }),
        ...(figuresOnly === undefined ? {} : { figuresOnly }),
      };
      expect(decodeSettlement(encodeSettlement(waiting))).toEqual(waiting);
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('an empty answer stays one, and is not taken for none', () => {
  const [request] = fc.sample(requests, { seed: 1, numRuns: 1 });
  if (request === undefined) throw new Error('one sample was asked for');
  const empty = { request: { ...request, sealedResult: new Uint8Array() } };
  expect(decodeSettlement(encodeSettlement(empty)).request.sealedResult).toHaveLength(0);
});

test('an entry of an earlier version, whose settlement has no name, is read', () => {
  const [request] = fc.sample(requests, { seed: 1, numRuns: 1 });
  if (request === undefined) throw new Error('one sample was asked for');
  const { settlement: _, ...earlier } = request;
  // As an earlier version has written it.
  const read = decodeSettlement(encodeSettlement({ request: earlier as SettleRequest }));
  expect(read.request).toEqual({ ...request, settlement: expect.stringMatching(/^settle_/) });
});

test('an entry of another version is refused, not guessed at', () => {
  const [request] = fc.sample(requests, { seed: 1, numRuns: 1 });
  if (request === undefined) throw new Error('one sample was asked for');
  const text = Buffer.from(encodeSettlement({ request })).toString();
  for (const schema of ['2', '3', 'null', '"1"']) {
    const other = text.replace('"schema":1', `"schema":${schema}`);
    expect(() => decodeSettlement(Buffer.from(other))).toThrow(/this version knows 1 and 2/);
  }
});

test('an entry that is still to be judged is not one that earlier versions know', () => {
  const [request] = fc.sample(requests, { seed: 1, numRuns: 1 });
  const [form] = fc.sample(forms, { seed: 1, numRuns: 1 });
  if (request === undefined || form === undefined) throw new Error('samples were asked for');
  const stored = JSON.parse(Buffer.from(encodeSettlement({ request, form })).toString());
  expect(stored).toMatchObject({ schema: 2 });
  const figures = encodeSettlement({ request, figuresOnly: true });
  expect(JSON.parse(Buffer.from(figures).toString())).toMatchObject({ schema: 2 });
});
