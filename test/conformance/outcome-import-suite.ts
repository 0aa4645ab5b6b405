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
    file: { lines: 3, digest: digestOf(digit), weight: 1 },
    newest: undefined,
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
      const [before] = await outcomeImports.listFiles(acme);
      expect(before).toEqual({ ...importOf('b').file, share: expect.closeTo(0.5, 3) });
      const grown = { lines: 5, digest: digestOf('a'), weight: 0.25 };
      await outcomeImports.countOutcomes(importOf('a', { file: grown, newest: before }));
      store.advance(1_000);
      // A file without new lines is remembered all the same.
      await outcomeImports.countOutcomes(importOf('c', { newest: grown, sums: [] }));
      const code = (await quality.sums(acme)).find(({ task }) => task === 'code');
      expect(code?.count).toBeCloseTo(3, 3);
      expect(code?.scores).toBeCloseTo(2.25, 3);
      const files = await outcomeImports.listFiles(acme);
      const [first, last] = ['b', 'c'].map((digit) => importOf(digit).file);
      expect(files).toMatchObject([first ?? {}, grown, last ?? {}]);
    });

    it('count nothing when another file was counted since the files were listed', async () => {
      const { quality, outcomeImports } = await useStore(url());
      const [first, second] = [importOf('d'), importOf('e')];
      expect(await outcomeImports.countOutcomes(first)).toBeDefined();
      expect(await outcomeImports.countOutcomes(second)).toBeUndefined();
      expect(await outcomeImports.listFiles(acme)).toHaveLength(1);
      expect((await quality.sums(acme)).map(({ count }) => Math.round(count))).toEqual([2, 1]);
      // Even within one millisecond the last one counted is the newest.
      const third = importOf('1', { newest: first.file });
      expect(await outcomeImports.countOutcomes(third)).toBeDefined();
      expect((await outcomeImports.listFiles(acme)).at(-1)).toMatchObject(third.file);
      // One that came before is told as at first, whatever came after.
      expect(await outcomeImports.countOutcomes(first)).toBeDefined();
    });

    it('are remembered for as long as their sums, which judgements renew', async () => {
      const { quality, outcomeImports, client, keys } = await useStore(url());
      await outcomeImports.countOutcomes(importOf('a'));
      const { files } = keys.quality(acme);
      await client.pexpire(files, 60_000);
      const about = { comment: undefined, model: 'vendor/large', task: 'code' } as const;
      await quality.judge({ tenant: acme, id: newJobId(), user: undefined, score: 1, ...about });
      expect(await client.pttl(files)).toBeGreaterThan(limits.judgementKeepMs - 60_000);
    });
  });
}
