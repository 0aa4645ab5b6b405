import type { BreakerState } from '@forebay/shared/domain/live-figures';
import { describe, expect, test } from 'vitest';
import { decide, inWords } from '../../../../test/support/decide-scene.ts';
import { sampleModel } from '../../../../test/support/sample-catalog.ts';
import { candidateFor, planFor } from '../../../../test/support/store.ts';

describe('a job that waits leaves its model', () => {
  test('a waiting job whose ticket got stuck keeps its place under a new ticket', () => {
    const why = { kind: 'ticket_stuck' } as const;
    const move = decide({ why, record: { state: 'queued', whyChosen: 'the first' } });
    expect(move).toMatchObject({
      candidate: { model: 'alpha' },
      delayMs: 0,
      whyChosen: 'the first',
      reason: { code: 'queued' },
    });
    expect(inWords(decide({ why, record: { model: 'gone' } }))).toBe('stay');
  });

  test('a job leaves a dead pool only for a model with living workers', () => {
    const why = { kind: 'lane_closed', because: 'pool_dead' } as const;
    expect(inWords(decide({ why, live: { beta: { poolAlive: true } } }))).toBe('move beta');
    expect(inWords(decide({ why, live: { beta: { poolAlive: false } } }))).toBe('stay');
    expect(inWords(decide({ why }))).toBe('stay');
    expect(inWords(decide({ why, models: [sampleModel('alpha')] }))).toBe('stay');
  });

  test('a job leaves a stopped model only for one that is not stopped too', () => {
    const why = { kind: 'lane_closed', because: 'stopped' } as const;
    expect(inWords(decide({ why, live: { beta: { stopped: false } } }))).toBe('move beta');
    expect(inWords(decide({ why, live: { beta: { stopped: true } } }))).toBe('stay');
  });

  test('a job leaves a model with an open breaker only for one without', () => {
    const why = { kind: 'lane_closed', because: 'breaker_open' } as const;
    const betaWith = (breaker: BreakerState) => ({
      beta: {
        deployments: [
          {
            ...{ id: 'beta/main', running: 0, concurrency: 4, breaker },
            ...{ openUntilMs: 0, pausedUntilMs: 0, stopped: false },
          },
        ],
      },
    });
    const moved = decide({ why, live: betaWith('closed') });
    expect(inWords(moved)).toBe('move beta');
    // Also true of a breaker that was opened by hand.
    const text = 'reassigned from alpha: it takes no calls for now';
    expect(moved).toMatchObject({ reason: { text } });
    expect(inWords(decide({ why, live: betaWith('ramping') }))).toBe('move beta');
    expect(inWords(decide({ why, live: betaWith('open') }))).toBe('stay');
    const elsewhere = { ...why, to: 'gamma' };
    expect(inWords(decide({ why: elsewhere, live: betaWith('closed') }))).toBe('stay');
  });

  test('a job of a model that was removed moves or fails, it never waits for nothing', () => {
    const why = { kind: 'lane_closed', because: 'removed' } as const;
    const models = [sampleModel('beta')];
    expect(inWords(decide({ why, models, live: { beta: {} } }))).toBe('move beta');
    expect(inWords(decide({ why, models }))).toBe('failed no_eligible_model');
    // Its own fallbacks are gone with it; the plan still knows them.
    const planned = planFor(candidateFor('alpha', 1n), candidateFor('beta', 1n));
    const spec = { requested: 'alpha', models: [] };
    const single = { why, models, spec, record: { plan: planned } };
    expect(inWords(decide({ ...single, live: { beta: {} } }))).toBe('move beta');
  });
});
