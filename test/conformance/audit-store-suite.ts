/** What every store of the audit log must do; run on a single server and on a cluster. */
import { auditChange } from '@forebay/shared/audit/audit-change';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import { verifyAudit } from '@forebay/shared/domain/verify-audit';
import type { AuditStore } from '@forebay/shared/ports/audit-store';
import { describe, expect, it } from 'vitest';
import { useStore } from '../support/store.ts';

const subject = {
  actor: 'key:abc',
  action: 'budget.change',
  target: 'tenant:acme/budget:bud_1',
  requestId: 'req_12345678',
} as const;

function entryNamed(id: string) {
  const outcome = 'begun' as const;
  return { ...subject, id, outcome, error: undefined, before: undefined, after: undefined };
}

async function allLines(audit: AuditStore): Promise<readonly string[]> {
  const lines: string[] = [];
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page: Awaited<ReturnType<AuditStore['listAfter']>> = await audit.listAfter(after, 7);
    lines.push(...page.lines);
    after = page.goesOnAt;
  }
  return lines;
}

function objects(lines: readonly string[]): readonly JsonObject[] {
  return lines.map((line): JsonObject => JSON.parse(line));
}

export function describeAuditStore(name: string, url: () => string): void {
  describe(`${name}: the audit log`, () => {
    it('chains lines in the order in which they came, however many write at once', async () => {
      const { audit } = await useStore(url());
      const ids = Array.from({ length: 40 }, (_, index) => `aud_${index}`);
      await Promise.all(ids.map((id) => audit.append(entryNamed(id))));
      const lines = await allLines(audit);
      expect(await verifyAudit(lines)).toMatchObject({ kind: 'intact', head: { number: 40 } });
      expect(new Set(objects(lines).map(({ id }) => id))).toEqual(new Set(ids));
    });

    it('is read from its newest line down and from any line up', async () => {
      const { audit } = await useStore(url());
      for (let n = 1; n <= 5; n += 1) await audit.append(entryNamed(`aud_${n}`));
      const newest = await audit.listNewest(undefined, 2);
      expect(objects(newest.lines).map(({ number }) => number)).toEqual([5, 4]);
      expect(newest.goesOnAt).toBe(4);
      const rest = await audit.listNewest(4, 10);
      expect(objects(rest.lines).map(({ number }) => number)).toEqual([3, 2, 1]);
      expect(rest.goesOnAt).toBeUndefined();
      const later = await audit.listAfter(3, 10);
      expect(objects(later.lines).map(({ number }) => number)).toEqual([4, 5]);
      expect(await audit.listAfter(5, 10)).toEqual({ lines: [], goesOnAt: undefined });
    });

    it('shows a line that was taken out of the store or written over', async () => {
      const { audit, client, keys } = await useStore(url());
      for (let n = 1; n <= 4; n += 1) await audit.append(entryNamed(`aud_${n}`));
      await client.xdel(keys.audit, '2-0');
      expect(await verifyAudit(await allLines(audit))).toMatchObject({ kind: 'broken', line: 2 });
    });

    it('has the begin of a change and its end with hashes of before and after', async () => {
      const { audit } = await useStore(url());
      const value = await auditChange(audit, subject, async () => {
        expect(objects(await allLines(audit))).toMatchObject([{ outcome: 'begun', ...told }]);
        return { value: 7, before: { limit: 'canary-1' }, after: { limit: 'canary-2' } };
      });
      expect(value).toBe(7);
      const lines = await allLines(audit);
      const [, done] = objects(lines);
      expect(done).toMatchObject({ outcome: 'done', number: 2, ...told });
      expect(done?.['before']).toMatch(/^[0-9a-f]{64}$/);
      expect(done?.['after']).not.toBe(done?.['before']);
      expect(lines.join()).not.toContain('canary');
    });

    it('has the code of a change that was refused', async () => {
      const { audit } = await useStore(url());
      const refused = auditChange(audit, subject, () =>
        Promise.reject(new ForebayError('not_found', 'There is nothing.')),
      );
      await expect(refused).rejects.toThrow('There is nothing.');
      const lines = objects(await allLines(audit));
      expect(lines.map(({ outcome, error }) => [outcome, error])).toEqual([
        ['begun', null],
        ['failed', 'not_found'],
      ]);
    });
  });
}

const told = { actor: 'key:abc', action: 'budget.change', request_id: 'req_12345678' };
