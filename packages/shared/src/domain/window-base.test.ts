import { expect, test } from 'vitest';
import { sampleDeployment, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { windowBase } from './window-base.ts';

test('a window holds twice the concurrency of all deployments, and 16 at the least', () => {
  const deployments = [10, 15].map((concurrency) => sampleDeployment({ concurrency }));
  expect(windowBase(sampleModel('alpha', { deployments }))).toBe(50);
  expect(windowBase(sampleModel('alpha'))).toBe(16);
  expect(windowBase(undefined)).toBe(16);
});
