import { describe, expect, test } from 'vitest';
import { names, nowMs, plan, routed, type Scene } from '../../../../test/support/plan-scene.ts';
import { sampleCatalog, sampleModel } from '../../../../test/support/sample-catalog.ts';
import type { Model } from '../domain/model-catalog.ts';

const three = [sampleModel('a'), sampleModel('b'), sampleModel('c')];

describe('exclusions', () => {
  const tight = { contextWindowTokens: 1_050 };
  test.each<[string, Model, Omit<Scene, 'catalog'>, string, RegExp]>([
    [
      'another kind',
      sampleModel('a'),
      { features: { kind: 'embeddings' } },
      'kind_not_served',
      /serves chat/,
    ],
    [
      'a missing capability',
      sampleModel('a'),
      { features: { needs: ['tools'] } },
      'capability_missing',
      /lacks tools/,
    ],
    [
      'images without a bound',
      sampleModel('a', { capabilities: ['vision'] }),
      { features: { imageCount: 2, needs: ['vision'] } },
      'images_not_supported',
      /2 images/,
    ],
    [
      'a cap above the maximum',
      sampleModel('a'),
      { features: { outputTokensRequested: 10_001 } },
      'output_cap_too_large',
      /10001.*10000/,
    ],
    [
      'a small window',
      sampleModel('a', tight),
      {},
      'context_too_small',
      /100 input and 1000 output/,
    ],
    [
      'a window that failed',
      sampleModel('a'),
      { history: { largerContextThanTokens: 100_000 } },
      'context_too_small',
      /did not fit 100000/,
    ],
    [
      'a quality below what the job asks for',
      sampleModel('a', { quality: { default: 0.6 } }),
      { wishes: { minQuality: 0.7 } },
      'quality_too_low',
      /^its quality is 0.6 \(prior\); 0.7 is asked for$/,
    ],
    [
      'a quality that nobody knows, where one is asked for',
      sampleModel('a'),
      { wishes: { minQuality: 0.7 } },
      'quality_too_low',
      /^nothing is known of its quality, which counts as 0.5; 0.7 is asked for$/,
    ],
    [
      'too many attempts',
      sampleModel('a'),
      { history: { visited: new Map([['a', 2]]) } },
      'already_tried',
      /2 of 2/,
    ],
    [
      'a ban',
      sampleModel('a'),
      { history: { excluded: new Map([['a', 'it filtered']]) } },
      'already_tried',
      /it filtered/,
    ],
    [
      'stopped deployments',
      sampleModel('a'),
      { live: { a: { stopped: true } } },
      'stopped',
      /stopped/,
    ],
    [
      'a pause past the deadline',
      sampleModel('a'),
      { live: { a: { pausedUntilMs: nowMs + 60_000 } } },
      'cannot_meet_deadline',
      /paused for 60000 ms/,
    ],
    [
      'a passed deadline',
      sampleModel('a'),
      { deadlineInMs: -5 },
      'cannot_meet_deadline',
      /passed 5 ms ago/,
    ],
    [
      'a worst case above the ceiling',
      sampleModel('a'),
      { ceiling: 4_399_999n },
      'over_ceiling',
      /could cost 0.0044 USD, 0.004399999 USD/,
    ],
    [
      'a worst case above what is left of a budget, without saying how much others have left',
      sampleModel('a'),
      { budgetLeft: 4_399_999n },
      'over_budget',
      /^could cost 0.0044 USD, more than a budget has left$/,
    ],
  ])('tell of %s, with figures', (...[, model, scene, code, reason]) => {
    const result = plan({ catalog: sampleCatalog([model]), requested: 'a', ...scene });
    expect(result.candidates).toEqual([]);
    expect(result.exclusions).toMatchObject([
      { model: 'a', code, reason: expect.stringMatching(reason) },
    ]);
  });

  test('do not come from the byte bound, which is far above what a prompt really takes', () => {
    const features = { inputTokensBound: 400_000, inputTokensEstimate: 90_000 };
    expect(names(plan({ catalog: sampleCatalog(three), requested: 'a', features }))).toEqual(['a']);
  });

  test('do not add the inputs of an embeddings request up against one window', () => {
    const catalog = sampleCatalog([sampleModel('a', { kinds: ['embeddings'] })]);
    const features = { kind: 'embeddings', inputTokensEstimate: 900_000 } as const;
    expect(names(plan({ catalog, requested: 'a', features }))).toEqual(['a']);
  });

  test('let a worst case through that just fits the ceiling', () => {
    const scene = { catalog: sampleCatalog(three), requested: 'a', ceiling: 4_400_000n };
    expect(plan(scene).candidates[0]?.reservationNanoUsd).toBe('4400000');
  });

  test('tell what the model would have cost and taken', () => {
    const model = sampleModel('a', { quality: { default: 0.6 } });
    const scene = { live: { a: { serviceMs: 900, stopped: true } } };
    expect(plan({ catalog: sampleCatalog([model]), requested: 'a', ...scene }).exclusions).toEqual([
      {
        model: 'a',
        code: 'stopped',
        reason: expect.any(String),
        expectedNanoUsd: '1700000',
        expectedMs: 900,
        quality: { value: 0.6, source: 'prior', samples: 0 },
      },
    ]);
  });

  test('hold a route to the higher of its own floor and the one of the job', () => {
    const good = sampleModel('good', { quality: { default: 0.8 } });
    const fair = sampleModel('fair', { quality: { default: 0.6 } });
    const catalog = routed('cheapest', [fair, good], { minQuality: 0.7 });
    expect(names(plan({ catalog, wishes: { minQuality: 0.1 } }))).toEqual(['good']);
    expect(names(plan({ catalog, wishes: { minQuality: 0.9 } }))).toEqual([]);
  });

  test('leaves out what was found too bad while another model is left', () => {
    const [fair, good] = ['fair', 'good'].map((name) =>
      sampleModel(name, { quality: { default: 0.8 } }),
    );
    if (fair === undefined || good === undefined) throw new Error('two models were made');
    const catalog = routed('cheapest', [fair, good], { minQuality: 0.7 });
    const bad = { value: 0.4, source: 'tenant', samples: 6 } as const;
    const one = plan({ catalog, quality: { fair: bad } });
    expect(names(one)).toEqual(['good']);
    expect(one.exclusions).toMatchObject([{ model: 'fair', code: 'quality_too_low' }]);
    expect(names(plan({ catalog, quality: { fair: bad, good: bad } }))).toHaveLength(2);
  });
});
