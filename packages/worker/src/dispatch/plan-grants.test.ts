import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PartView, planGrants, planRecalls } from './plan-grants.ts';

function part(shard: number, changes: Partial<PartView> = {}): PartView {
  return { shard, granted: 0n, used: 0n, wanted: 0n, largest: 0n, ...changes };
}

function view(limitNanoUsd: bigint, parts: readonly PartView[], turn = 0) {
  return { limitNanoUsd, parts, turn };
}

describe('the parts of a global budget', () => {
  test('hold a little in advance on every shard, and leave most of the limit free', () => {
    const grants = planGrants(view(3_200n, [part(0), part(1), part(2), part(3)]));
    expect(grants.map(({ amount }) => amount)).toEqual([100n, 100n, 100n, 100n]);
  });

  test('grow by what jobs asked for, the largest of them whole', () => {
    const parts = [
      part(0, { wanted: 700n, largest: 700n }),
      part(1, { wanted: 900n, largest: 90n }),
    ];
    const grants = planGrants(view(1_000n, parts));
    expect(grants).toEqual([
      { shard: 0, amount: 700n },
      { shard: 1, amount: 300n },
    ]);
  });

  test('come back from where they lie idle, for a job that could run then', () => {
    const idle = part(1, { granted: 600n, used: 100n });
    const busy = part(2, { granted: 400n, used: 350n, wanted: 60n, largest: 60n });
    const parts = [part(0, { wanted: 300n, largest: 300n }), idle, busy];
    expect(planRecalls(view(1_000n, parts))).toEqual([{ shard: 1, amount: 300n }]);
    const tooMuch = [part(0, { wanted: 600n, largest: 600n }), idle, busy];
    expect(planRecalls(view(1_000n, tooMuch))).toEqual([]);
  });

  test('come back, even from where jobs wait, so that one of these jobs can run', () => {
    const half = (shard: number) => part(shard, { granted: 50n, wanted: 80n, largest: 80n });
    expect(planRecalls(view(100n, [half(0), half(1)], 1))).toEqual([{ shard: 0, amount: 20n }]);
  });

  test('come back when the limit is lowered, as far as nobody uses them', () => {
    const parts = [part(0, { granted: 500n, used: 450n }), part(1, { granted: 400n })];
    expect(planRecalls(view(500n, parts))).toEqual([{ shard: 1, amount: 0n }]);
  });

  test('never pass the limit together, and never shrink by a grant', () => {
    const amount = fc.bigInt(0n, 1_000n);
    const parts = fc.array(
      fc.record({ granted: amount, used: amount, wanted: amount, largest: amount }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(parts, fc.bigInt(0n, 3_000n), fc.nat(9), (list, spare, turn) => {
        const all = list.map((each, shard) => part(shard, each));
        const granted = all.reduce((sum, each) => sum + each.granted, 0n);
        const grants = planGrants(view(granted + spare, all, turn));
        const added = grants.map(({ shard, amount: now }) => now - (all[shard]?.granted ?? 0n));
        expect(added.every((each) => each > 0n)).toBe(true);
        expect(added.reduce((sum, each) => sum + each, 0n)).toBeLessThanOrEqual(spare);
      }),
    );
  });
});
