/**
 * What every store of preferences and of sessions must do; run on a single server and on a cluster.
 */
import { describe, expect, it } from 'vitest';
import { tenantNamed, testTenant, useStore } from '../support/store.ts';

const other = tenantNamed('other');

export function describeWishStores(where: string, url: () => string): void {
  describe(`preferences on ${where}`, () => {
    it('are read as they were written last, by user, until they are removed', async () => {
      const { preferences: store } = await useStore(url());
      const write = (user: string, prefer: readonly string[]) =>
        store.write({ tenant: testTenant, user, preferences: { prefer, avoid: ['b'] } });
      expect(await store.hasAny(testTenant)).toBe(false);
      expect(await write('ann', ['a'])).toBe('written');
      expect(await write('ann', ['a', 'c'])).toBe('written');
      expect(await store.read(testTenant, 'ann')).toEqual({ prefer: ['a', 'c'], avoid: ['b'] });
      expect(await store.read(testTenant, 'bob')).toBeUndefined();
      expect(await store.read(other, 'ann')).toBeUndefined();
      expect(await store.hasAny(testTenant)).toBe(true);
      expect(await store.hasAny(other)).toBe(false);
      expect(await store.remove(other, 'ann')).toBe(false);
      expect(await store.remove(testTenant, 'ann')).toBe(true);
      expect(await store.remove(testTenant, 'ann')).toBe(false);
      expect(await store.hasAny(testTenant)).toBe(false);
    });
  });

  describe(`sessions on ${where}`, () => {
    it('have the model of their last pin, by tenant and by what they name', async () => {
      const { sessions } = await useStore(url());
      const ref = { tenant: testTenant, session: 's', requested: 'auto' };
      expect(await sessions.read(ref)).toBeUndefined();
      await sessions.pin(ref, { model: 'a', keptMs: 60_000 });
      await sessions.pin(ref, { model: 'b', keptMs: 60_000 });
      expect(await sessions.read(ref)).toBe('b');
      expect(await sessions.read({ ...ref, tenant: other })).toBeUndefined();
      expect(await sessions.read({ ...ref, requested: 'other' })).toBeUndefined();
      expect(await sessions.read({ ...ref, session: 't' })).toBeUndefined();
    });
  });
}
