/** docs/feedback.md computes figures by hand: they must be those that plans go by. */
import { readFileSync } from 'node:fs';
import type { QualitySum } from '@forebay/shared/domain/quality-sum';
import { learnedQuality } from '@forebay/shared/routing/learned-quality';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';
import { sampleModel } from '../support/sample-catalog.ts';

const page = readFileSync(`${repositoryRoot}/docs/feedback.md`, 'utf8').replace(/\s+/g, ' ');
const model = sampleModel('alpha', { quality: { default: 0.7 } });
const about = { model: 'alpha', task: 'code' } as const;
const said: QualitySum = { ...about, count: 4, scores: 1 };
const seen = { attempts: 200, flaws: 60 };

const figureOf = (tenant: QualitySum, user: readonly QualitySum[] = []) =>
  String(learnedQuality({ model, task: 'code', tenant: [tenant], user })?.value);

test('the page on feedback computes as plans do', () => {
  expect(page).toContain(`(8 × 0.7 + 1) ÷ 12 = ${figureOf(said)}`);
  const ofUser = [{ ...about, count: 2, scores: 0 }];
  expect(page).toContain(`(8 × 0.55 + 0) ÷ 10 = ${figureOf(said, ofUser)}`);
  const answers = figureOf({ ...about, count: 0, scores: 0, seen });
  expect(page).toContain(`0.7 × (1 − 0.25 × 0.5) = ${answers}`);
  expect(page).toContain(`(8 × ${answers} + 1) ÷ 12 = ${figureOf({ ...said, seen })}`);
});
