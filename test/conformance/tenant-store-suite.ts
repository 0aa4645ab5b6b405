/** What every store of tenants and of API keys must do; run on a single server and on a cluster. */
import { limits } from '@forebay/shared/domain/limits';
import { type Tenant, tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { type StoredKey, unrestrictedKey } from '@forebay/shared/ports/key-store';
import { describe, expect, it } from 'vitest';
import { tenantNamed, testTenant, useStore } from '../support/store.ts';

function tenantOf(name: string, version: number, changes: Partial<Tenant> = {}): Tenant {
  return { ...tenantWithoutRecord(tenantNamed(name)), createdAtMs: 1, version, ...changes };
}

function keyOf(keyId: string, version: number, changes: Partial<StoredKey> = {}): StoredKey {
  return {
    ...unrestrictedKey,
    ...{ keyId, tenant: testTenant, digest: 'd'.repeat(64), environment: 'test', version },
    ...{ revokedAtMs: undefined, payerKeyId: keyId, replacedBy: undefined },
    lastUsedDay: undefined,
    ...{ createdAtMs: 5, updatedAtMs: 5 },
    ...changes,
  };
}

const full: Partial<StoredKey> = {
  label: 'night run',
  scopes: ['jobs:read'],
  expiresAtMs: 9,
  models: ['alpha'],
  weights: { quality: 4, load: 0.25 },
  priorityMin: 3,
  ceilingDefault: 9_000_000_000_000_000n,
  ceilingMax: 9_000_000_000_000_001n,
  sourceCidrs: ['10.0.0.0/8'],
  requestsPerMinute: 60,
  queuedMax: 7,
  acceptsLate: true,
  revokedAtMs: 8,
  payerKeyId: 'first',
  replacedBy: 'other',
};

export function describeTenantStore(where: string, url: () => string): void {
  describe(`tenants on ${where}`, () => {
    it('are read as they were written, and listed by name over all shards', async () => {
      const { tenants } = await useStore(url());
      const names = Array.from({ length: 20 }, (_, index) => `t-${String(index).padStart(2, '0')}`);
      const written = names.map((name) =>
        tenantOf(name, 1, { name: `Team ${name}`, ceilingMax: 9_000_000_000_000_001n }),
      );
      for (const tenant of written.toReversed())
        expect(await tenants.write(tenant)).toBe('written');
      expect(await tenants.list()).toEqual(written);
      expect(await tenants.read(tenantNamed('t-07'))).toEqual(written[7]);
      expect(await tenants.read(tenantNamed('t-99'))).toBeUndefined();
    });

    it('change only from the version that was seen, and once', async () => {
      const { tenants } = await useStore(url());
      const first = tenantOf('acme', 1);
      const second = tenantOf('acme', 2, { status: 'suspended', brownoutPercent: 20 });
      expect(await tenants.write(second)).toBe('conflict');
      expect(await tenants.write(first)).toBe('written');
      expect(await tenants.write(tenantOf('acme', 1, { name: 'late' }))).toBe('conflict');
      expect(await tenants.write(second)).toBe('written');
      expect(await tenants.write(second)).toBe('written');
      expect(await tenants.write(tenantOf('acme', 2, { name: 'late' }))).toBe('conflict');
      expect(await tenants.read(first.id)).toEqual(second);
    });
  });

  describe(`API keys on ${where}`, () => {
    it('are read as they were written, and listed by their tenant and age', async () => {
      const { apiKeys } = await useStore(url());
      const [old, young] = [keyOf('a', 1, full), keyOf('b', 1, { createdAtMs: 9 })];
      for (const key of [young, old]) expect(await apiKeys.write(key)).toBe('written');
      expect(await apiKeys.read('a')).toEqual(old);
      expect(await apiKeys.read('c')).toBeUndefined();
      expect(await apiKeys.list(testTenant)).toEqual([old, young]);
      expect(await apiKeys.list(tenantNamed('other'))).toEqual([]);
    });

    it('change only from the version that was seen', async () => {
      const { apiKeys } = await useStore(url());
      expect(await apiKeys.write(keyOf('a', 1))).toBe('written');
      expect(await apiKeys.write(keyOf('a', 1, { digest: 'e'.repeat(64) }))).toBe('conflict');
      expect(await apiKeys.write(keyOf('a', 2, full))).toBe('written');
      expect(await apiKeys.write(keyOf('a', 2, full))).toBe('written');
      expect(await apiKeys.write(keyOf('a', 2))).toBe('conflict');
      expect(await apiKeys.list(testTenant)).toEqual([keyOf('a', 2, full)]);
    });

    it('remember the day of their last use beside the record', async () => {
      const { apiKeys } = await useStore(url());
      await apiKeys.write(keyOf('a', 1));
      await apiKeys.markUsed('a', '2026-09-23');
      expect(await apiKeys.read('a')).toEqual(keyOf('a', 1, { lastUsedDay: '2026-09-23' }));
      await apiKeys.write(keyOf('a', 2));
      expect((await apiKeys.read('a'))?.lastUsedDay).toBe('2026-09-23');
    });

    it('of an earlier version may do everything, and take settings', async () => {
      const { apiKeys, client, keys } = await useStore(url());
      const fields = { tenant: testTenant, digest: 'd', scopes: 'jobs:read other', created: '3' };
      await client.hset(keys.apiKey('old'), fields);
      const read = await apiKeys.read('old');
      expect(read).toMatchObject({ version: 0, scopes: ['jobs:read'], models: undefined });
      if (read === undefined) throw new Error('it was just read');
      expect(await apiKeys.write({ ...read, label: 'kept', version: 1 })).toBe('written');
      expect(await apiKeys.list(testTenant)).toMatchObject([{ keyId: 'old', label: 'kept' }]);
    });

    it('are counted', async () => {
      const { apiKeys, client, keys } = await useStore(url());
      const others = Array.from({ length: limits.keysPerTenantMax }, (_, index) => `k${index}`);
      await client.zadd(keys.keysOf(testTenant), ...others.flatMap((id) => ['1', id]));
      expect(await apiKeys.write(keyOf('a', 1))).toBe('full');
      expect(await apiKeys.read('a')).toBeUndefined();
    });
  });
}
