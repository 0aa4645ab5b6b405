/** Ledger lines as a busy tenant leaves them, the same for the same seed. */
import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import { seededRandom } from './seeded-random.ts';

export interface MadeLines {
  readonly count: number;
  readonly seed: number;
  readonly tenant?: string;
  readonly fromMs: number;
  /** Over how long the lines are spread. */
  readonly overMs: number;
}

/** A job that waited and left its model, as such lines look. */
export function movedLine(
  at: number,
  move: Pick<LedgerLine, 'model' | 'next' | 'cause' | 'premium'>,
): LedgerLine {
  const amounts = { spent: '0', unknown: '0' };
  const job = { tenant: 'dev', job: 'job_moved', fence: 1, priority: 0, created: at };
  return { v: 1, id: `${at}-0`, at, state: 'queued', ...amounts, ...job, ...move };
}

const models = ['alpha', 'beta', 'gamma'];
const states = ['succeeded', 'failed', 'cancelled', 'queued'] as const;

export function* makeLines(made: MadeLines): Generator<LedgerLine> {
  const { count, seed, tenant = 'dev', fromMs, overMs } = made;
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let i = 0; i < count; i += 1) {
    const at = fromMs + Math.floor((i * overMs) / count);
    const model = models[below(models.length)] ?? 'alpha';
    const state = states[below(8)] ?? 'succeeded';
    const late = below(50) === 0;
    yield {
      v: 1,
      id: `${at}-${i}`,
      tenant,
      job: `job_${i}`,
      fence: 2,
      at,
      state,
      spent: String(below(2_000_000)),
      unknown: String(late ? -below(1_000) : below(20) === 0 ? below(900_000) : 0),
      ...(state === 'queued' ? { next: 'beta' } : { ends: true as const }),
      ...(late ? { late: true as const } : {}),
      created: at - below(60_000),
      priority: below(10),
      model,
      tags: model === 'alpha' ? ['eu', 'fast'] : model === 'beta' ? ['eu'] : [],
      key: `key${below(4)}`,
      batch: `batch_${below(20)}`,
      user: `user-${below(500)}`,
      metadata: { team: `team-${below(12)}`, note: `note ${i}` },
      attempt: {
        n: 1 + below(2),
        deployment: `${model}/${below(2) === 0 ? 'main' : 'spare'}`,
        worker: 'w1',
        started: at - below(5_000),
        why: 'the only one',
        worst: '3000000',
        outcome: state === 'succeeded' ? 'succeeded' : 'timeout',
        ambiguity: state === 'succeeded' ? 'answered' : 'unknown',
        cost_is: 'exact',
        usage: {
          inputTokens: below(4_000),
          cachedInputTokens: below(100),
          outputTokens: below(900),
          reasoningTokens: 0,
        },
        first_byte_ms: below(3_000),
        dearest: '2500000',
      },
    };
  }
}
