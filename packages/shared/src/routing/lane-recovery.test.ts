import { expect, test } from 'vitest';
import { sampleLive } from '../../../../test/support/sample-catalog.ts';
import type { DeploymentLive } from '../domain/live-figures.ts';
import { opensAtMs } from './lane-recovery.ts';

const nowMs = 1_000;
const closed = { running: 0, concurrency: 4, stopped: false, breaker: 'closed' } as const;
const open = { ...closed, breaker: 'open', openUntilMs: 9_000 } as const;

const at = (...deployments: readonly DeploymentLive[]) =>
  opensAtMs(sampleLive({ deployments }), nowMs);

test('a lane opens with the first deployment that is neither paused nor left alone', () => {
  const paused = { id: 'b', pausedUntilMs: 5_000, openUntilMs: 0, ...closed };
  expect(at({ id: 'a', pausedUntilMs: 0, ...open })).toBe(9_000);
  expect(at({ id: 'a', pausedUntilMs: 0, ...open }, paused)).toBe(5_000);
  expect(at({ id: 'a', pausedUntilMs: 12_000, ...open })).toBe(12_000);
  expect(at(paused, { id: 'c', pausedUntilMs: 0, openUntilMs: 0, ...closed })).toBeUndefined();
});

test('a stopped deployment opens nothing', () => {
  const stopped = { id: 's', pausedUntilMs: 0, openUntilMs: 0, ...closed, stopped: true };
  expect(at(stopped, { id: 'a', pausedUntilMs: 0, ...open })).toBe(9_000);
});

test('a lane without figures by deployment goes by its own pause', () => {
  expect(opensAtMs(sampleLive({ pausedUntilMs: 4_000 }), nowMs)).toBe(4_000);
  expect(opensAtMs(sampleLive({ pausedUntilMs: 900 }), nowMs)).toBeUndefined();
  expect(opensAtMs(undefined, nowMs)).toBeUndefined();
});
