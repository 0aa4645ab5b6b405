import type { LatencyFigures } from '@forebay/shared/domain/live-figures';
import type { CallOutcome } from '@forebay/shared/ports/provider-client';
import { expect, test } from 'vitest';
import { sampleLive } from '../../../../test/support/sample-catalog.ts';
import { type CutCall, hasHung } from './has-hung.ts';

const around = (ms: number) => ({ p50: ms, p90: ms, p99: ms });
const latency: LatencyFigures = {
  samples: 20,
  firstByteMs: around(2_000),
  totalMs: around(8_000),
  perOutputTokenMs: around(20),
};

interface Scene {
  readonly totalMs: number;
  readonly firstByteMs?: number;
  readonly ambiguity?: 'unknown' | 'not_sent';
  readonly latency?: LatencyFigures | 'none';
  readonly stream?: boolean;
  readonly outputCapTokens?: number;
  readonly serviceMs?: number;
  readonly kind?: CutCall['kind'];
}

function hung(scene: Scene): boolean {
  const { totalMs, firstByteMs, stream = true, outputCapTokens = 100 } = scene;
  const figures = scene.latency ?? latency;
  const outcome: CallOutcome = {
    kind: 'aborted',
    ambiguity: scene.ambiguity ?? 'unknown',
    ...{ requestId: undefined, rateLimits: undefined, timings: { firstByteMs, totalMs } },
  };
  const deployment = {
    ...{ id: 'alpha/main', running: 1, concurrency: 4, breaker: 'closed' as const },
    ...{ openUntilMs: 0, pausedUntilMs: 0, stopped: false },
    ...(figures === 'none' ? {} : { latency: figures }),
  };
  const lane = sampleLive({ serviceMs: scene.serviceMs, deployments: [deployment] });
  const kind = scene.kind ?? 'chat.completions';
  return hasHung({
    outcome,
    kind,
    deployment: { id: 'alpha/main', stream },
    outputCapTokens,
    lane,
  });
}

test('a provider that sends nothing for far longer than ever hangs', () => {
  expect(hung({ totalMs: 12_000 })).toBe(true);
  expect(hung({ totalMs: 12_000, firstByteMs: 11_000 })).toBe(false);
  expect(hung({ totalMs: 12_000, ambiguity: 'not_sent' })).toBe(false);
});

test('a short deadline says nothing, however quick the provider is, nor a slow provider', () => {
  expect(hung({ totalMs: 9_999 })).toBe(false);
  const slow = { ...latency, firstByteMs: around(20_000) };
  expect(hung({ totalMs: 59_000, latency: slow })).toBe(false);
  expect(hung({ totalMs: 61_000, latency: slow })).toBe(true);
});

test('an answer that comes whole may take as long as its output cap allows', () => {
  const whole = { stream: false, outputCapTokens: 2_000 };
  expect(hung({ ...whole, totalMs: 100_000 })).toBe(false);
  expect(hung({ ...whole, totalMs: 121_000 })).toBe(true);
  expect(hung({ stream: false, totalMs: 25_000 })).toBe(true);
  expect(hung({ kind: 'responses', outputCapTokens: 2_000, totalMs: 25_000 })).toBe(false);
});

test('of what was not measured lately only the mean of whole answers is known', () => {
  expect(hung({ totalMs: 120_000, latency: 'none' })).toBe(false);
  expect(hung({ totalMs: 16_000, latency: 'none', serviceMs: 5_000 })).toBe(true);
  expect(hung({ totalMs: 14_000, latency: 'none', serviceMs: 5_000 })).toBe(false);
  expect(hung({ totalMs: 16_000, latency: 'none', serviceMs: 5_000, stream: false })).toBe(false);
});
