import { limits } from '@forebay/shared/domain/limits';
import type { JobStore } from '@forebay/shared/ports/job-store';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { expect, test } from 'vitest';
import { sampleRecord } from '../../../../../test/support/sample-record.ts';
import { plainSpec, testTenant } from '../../../../../test/support/store.ts';
import { findShadows } from './find-shadows.ts';

function shadowFor(route: string, createdAtMs: number) {
  const { tenant, id } = sampleRecord();
  const figures = { outcome: 'succeeded', costNanoUsd: '0', callMs: 0, firstByteMs: 0 } as const;
  const shadowOf = { tenant, id, route, model: 'alpha', ...figures };
  return sampleRecord({ createdAtMs, spec: { ...plainSpec, shadowOf } });
}

/** A tenant with one shadow for each of these routes, newest first. */
function setup(routes: readonly string[]) {
  const records = routes.map((route, index) => shadowFor(route, routes.length - index));
  const places = new Map(records.map(({ id }, index) => [id, index]));
  const jobs: Pick<JobStore, 'list' | 'readMany'> = {
    async list({ after, limit }) {
      const start = after === undefined ? 0 : (places.get(after.id) ?? 0) + 1;
      const page = records.slice(start, start + limit);
      const isLast = start + limit >= records.length;
      return { ids: page.map(({ id }) => id), goesOnAfter: isLast ? undefined : page.at(-1) };
    },
    readMany: async (refs) => refs.map(({ id }) => records[places.get(id) ?? -1]),
  };
  const find = async (limit: number) => {
    const search = { tenant: testTenant, route: 'rare', limit };
    const found = await findShadows({ jobs, clock: createManualClock() }, search);
    return [found.records.map(({ createdAtMs }) => createdAtMs), found.lookedAt];
  };
  return { find };
}

const common = (count: number): readonly string[] => Array<string>(count).fill('common');

test('shadows of a rare route are found behind those of a busy one', async () => {
  const { find } = setup([...common(250), 'rare', ...common(8), 'rare', ...common(40)]);
  expect(await find(500)).toEqual([[50, 41], 300]);
  expect(await find(2)).toEqual([[50, 41], 260]);
  expect(await find(1)).toEqual([[50], 251]);
});

test('no more jobs are looked at than one call may', async () => {
  const { find } = setup([...common(limits.shadowLooksMax - 1), 'rare', 'rare']);
  expect(await find(500)).toEqual([[2], limits.shadowLooksMax]);
});

test('a tenant without jobs has no shadows', async () => {
  expect(await setup([]).find(1)).toEqual([[], 0]);
});
