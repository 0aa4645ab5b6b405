/** What every store must say of outcomes that are counted as judgements; run on both servers. */
import { newJobId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { OutcomeImport } from '@forebay/shared/ports/outcome-import-store';
import { describe, expect, it } from 'vitest';
import { tenantNamed, useStore } from '../support/store.ts';

const acme = tenantNamed('acme');
const digestOf = (digit: string): string => digit.repeat(32);

function importOf(digit: string, changes: Partial<OutcomeImport> = {}): OutcomeImport {
  const model = 'vendor/large';
  return {
    tenant: acme,
    file: { lines: 3, digest: digestOf(digit) },
    sums: [
      { model, task: 'code', count: 2, scores: 1.5 },
      { model, task: 'chat', count: 1, scores: 0 },
    ],
    ...changes,
  };
}

export function describeOutcomeImports(name: string, url: () => string): void {
  describe(`${name}: outcomes that are counted as judgements`, () => {
    it('count once for each file, beside what people said, for their tenant alone', async () => {
      const store = await useStore(url());
      const { quality, outcomeImports } = store;
      const judgement = { tenant: acme, id: newJobId(), user: 'ann', score: 0.5 };
      const about = { comment: undefined, model: 'vendor/large', task: 'code' } as const;
      await quality.judge({ ...judgement, ...about });
      const first = await outcomeImports.countOutcomes(importOf('a'));
      store.advance(1_000);
      expect(await outcomeImports.countOutcomes(importOf('a'))).toBe(first);
      const model = 'vendor/large';
      const sums = await quality.sums(acme);
      expect(sums).toHaveLength(2);
      const code = sums.find(({ task }) => task === 'code');
      expect(code).toMatchObject({ model });
      expect(code?.count).toBeCloseTo(3, 4);
      expect(code?.scores).toBeCloseTo(2, 4);
      expect(sums.find(({ task }) => task === 'chat')?.count).toBeCloseTo(1, 4);
      expect((await quality.sums(acme, 'ann'))[0]?.count).toBeCloseTo(1, 4);
      const other = tenantNamed('other');
      expect(await quality.sums(other)).toEqual([]);
      expect(await outcomeImports.listFiles(other)).toEqual([]);
    });

    it('fade like judgements, and are listed in the order in which they were counted', async () => {
      const store = await useStore(url());
      const { quality, outcomeImports } = store;
      await outcomeImports.countOutcomes(importOf('b'));
      store.advance(limits.judgementHalfLifeMs);
      const grown = { lines: 5, digest: digestOf('a') };
      await outcomeImports.countOutcomes(importOf('a', { file: grown }));
      store.advance(1_000);
      // A file without new lines is remembered all the same.
      await outcomeImports.countOutcomes(importOf('c', { sums: [] }));
      const code = (await quality.sums(acme)).find(({ task }) => task === 'code');
      expect(code?.count).toBeCloseTo(3, 3);
      expect(code?.scores).toBeCloseTo(2.25, 3);
      const files = await outcomeImports.listFiles(acme);
      const [first, last] = ['b', 'c'].map((digit) => importOf(digit).file);
      expect(files).toEqual([first, grown, last]);
    });
  });
}
