import type { Model } from '@forebay/shared/domain/model-catalog';
import { describe, expect, test } from 'vitest';
import { decide, inWords } from '../../../../test/support/decide-scene.ts';
import {
  sampleDeployment,
  sampleFeatures,
  sampleModel,
  samplePriceRow,
} from '../../../../test/support/sample-catalog.ts';

describe('money', () => {
  const oneWorstCase = 4_400_000n;
  const money = { ceiling: oneWorstCase, reserved: oneWorstCase, spent: 0n, unknown: 0n };

  test('a dearer fallback that no longer fits is passed over for the next that does', () => {
    const priced = (name: string, output: bigint): Model =>
      sampleModel(name, {
        deployments: [
          sampleDeployment({ id: `${name}/main`, price: samplePriceRow({ input: 0n, output }) }),
        ],
      });
    const models = [
      priced('alpha', 10n ** 9n),
      priced('beta', 10n ** 10n),
      priced('gamma', 10n ** 9n),
    ];
    // At most 1,000 tokens each: 1, 10 and 1 million nano-dollars. One of the first is gone.
    const spent = { ceiling: 10_500_000n, reserved: 1_000_000n, spent: 0n, unknown: 0n };
    const end = { costNanoUsd: 1_000_000n, costIs: 'worst_case', ambiguity: 'unknown' } as const;
    const move = decide({ models, errorClass: 'timeout', end, record: { money: spent } });
    expect(inWords(move)).toBe('move gamma');
    if (move.kind !== 'move') return;
    expect(move.plan.exclusions).toContainEqual(
      expect.objectContaining({
        model: 'beta',
        code: 'over_ceiling',
        reason: 'could cost 0.01 USD, 0.0095 USD are left',
      }),
    );
  });

  test('a job that allows it goes on with the output that the rest of its ceiling buys', () => {
    const money = { ceiling: 6_600_000n, reserved: oneWorstCase, spent: 0n, unknown: 0n };
    const end = { costNanoUsd: 4_400_000n, costIs: 'worst_case', ambiguity: 'unknown' } as const;
    const features = sampleFeatures({ cutsOutput: true });
    const scene = { errorClass: 'timeout', end, record: { money } } as const;
    expect(inWords(decide(scene))).toBe('failed cost_ceiling_exceeded');
    const move = decide({ ...scene, spec: { features } });
    expect(inWords(move)).toBe('move beta');
    if (move.kind !== 'move') return;
    // 400 input tokens at one dollar a million, the rest at four.
    expect(move.candidate).toMatchObject({
      outputCapTokens: 450,
      outputCapSource: 'ceiling',
      reservationNanoUsd: '2200000',
    });
  });

  test('a job that waits goes on where it is with the output that a budget buys', () => {
    const features = sampleFeatures({ cutsOutput: true });
    const record = {
      state: 'queued',
      attempts: [],
      money: { ...money, ceiling: 10n ** 9n },
    } as const;
    const shortage = { left: 2_400_000n, mayWait: true, isOfAll: false };
    const why = { kind: 'over_budget', shortage } as const;
    const move = decide({ record, spec: { features }, why });
    expect(inWords(move)).toBe('move alpha');
    if (move.kind !== 'move') return;
    expect(move.candidate).toMatchObject({ outputCapTokens: 500, outputCapSource: 'budget' });
    expect(move.whyChosen).toContain('its output is cut to 500 tokens');
    expect(inWords(decide({ record, why }))).toBe('stay');
    const ofAll = { ...why, shortage: { ...shortage, isOfAll: true } };
    expect(inWords(decide({ record, spec: { features }, why: ofAll }))).toBe('stay');
    const hopeless = { ...why, shortage: { ...shortage, left: 1n, mayWait: false } };
    expect(inWords(decide({ record, spec: { features }, why: hopeless }))).toBe(
      'failed budget_exceeded',
    );
  });

  test('a job over its ceiling waits for its budget with what fits, where that may help', () => {
    const record = {
      state: 'queued',
      attempts: [],
      money: { ...money, ceiling: 2_400_000n, reserved: 0n },
    } as const;
    const spec = { features: sampleFeatures({ cutsOutput: true }) };
    const scene = { record, spec, why: { kind: 'over_ceiling' } } as const;
    expect(inWords(decide(scene))).toBe('move alpha');
    const shortage = { left: 1n, mayWait: true, isOfAll: false };
    expect(inWords(decide({ ...scene, shortage }))).toBe('stay');
    expect(inWords(decide({ ...scene, shortage: { ...shortage, mayWait: false } }))).toBe(
      'failed cost_ceiling_exceeded',
    );
  });

  test('a refused attempt leaves the whole ceiling for the next one', () => {
    expect(inWords(decide({ record: { money } }))).toBe('move beta');
  });

  test('what the failed attempt charges is not left for the next one', () => {
    const end = { costNanoUsd: 1n };
    const move = decide({ record: { money }, errorClass: 'timeout', end });
    expect(inWords(move)).toBe('failed cost_ceiling_exceeded');
  });

  test('what earlier attempts spent or may have spent counts too', () => {
    const spent = { ...money, spent: 1n };
    const unknown = { ...money, unknown: 1n };
    expect(inWords(decide({ record: { money: spent } }))).toBe('failed cost_ceiling_exceeded');
    expect(inWords(decide({ record: { money: unknown } }))).toBe('failed cost_ceiling_exceeded');
  });

  test('a job that waits may use what is reserved for it on another model', () => {
    const scene = {
      record: { money },
      why: { kind: 'lane_closed', because: 'pool_dead' },
      live: { beta: {} },
    } as const;
    expect(inWords(decide(scene))).toBe('move beta');
  });

  test('a first reservation that does not fit ends the job', () => {
    expect(inWords(decide({ why: { kind: 'over_ceiling' } }))).toBe('failed cost_ceiling_exceeded');
  });
});
