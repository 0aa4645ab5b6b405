/** Who a key lets in, for how long, and from where: real Redis, a clock driven by hand. */
import { createAuthenticator } from '@forebay/api/http/authenticate';
import { createCallerWatch } from '@forebay/api/http/watch-callers';
import type { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { KeySettings } from '@forebay/shared/ports/key-store';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { changeKey, createKey, revokeKey, rotateKey } from '@forebay/shared/tenants/manage-keys';
import {
  changeTenant,
  createTenant,
  setTenantStatus,
} from '@forebay/shared/tenants/manage-tenants';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { tenantNamed, testTenant, useStore } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const pepper = 'a pepper that only this test knows, long enough';
const revokedWithinMs = 5_000;

async function setup(settings: Partial<KeySettings> = {}) {
  const store = await useStore(redis().url);
  const clock = createManualClock();
  const { apiKeys, terms } = store;
  const manage = { keys: apiKeys, tenants: store.tenants, terms, clock, pepper };
  const onError = (error: unknown): void => {
    throw error;
  };
  let looks = 0;
  const keys = {
    ...apiKeys,
    read: (keyId: string) => {
      looks += 1;
      return apiKeys.read(keyId);
    },
  };
  const { tenants } = store;
  const authenticator = createAuthenticator({ keys, tenants, terms, clock, pepper, onError });
  const call = (text: string, address = '127.0.0.1') =>
    authenticator.authenticate({ headers: [`Bearer ${text}`], address });
  const made = await createKey(manage, { tenant: testTenant, environment: 'test', settings });
  return { store, clock, manage, call, authenticator, looks: () => looks, ...made };
}

const unauthorized = expect.objectContaining({ code: 'unauthorized' });

describe('a key', () => {
  test('stops within five seconds of its revocation, for good', async () => {
    const { clock, manage, call, key, text } = await setup();
    expect(await call(text)).toMatchObject({ keyId: key.keyId, tenant: 'dev' });
    await revokeKey(manage, key);
    await clock.advance(revokedWithinMs);
    await expect(call(text)).rejects.toEqual(unauthorized);
    await changeKey(manage, { ...key, version: undefined, settings: { label: 'again' } });
    await expect(call(text)).rejects.toEqual(unauthorized);
  });

  test('stops the moment it expires, also while it is remembered', async () => {
    const { clock, manage, call, key, text } = await setup();
    const settings = { expiresAtMs: clock.nowMs() + 6_000 };
    await changeKey(manage, { ...key, version: undefined, settings });
    await clock.advance(5_000);
    await call(text);
    await clock.advance(999);
    await call(text);
    await clock.advance(1);
    await expect(call(text)).rejects.toEqual(unauthorized);
  });

  test('lives beside the one that replaces it, until the overlap is over', async () => {
    const { clock, manage, call, key, text } = await setup({ models: ['alpha'], priorityMin: 2 });
    const next = await rotateKey(manage, { ...key, overlapMs: 60_000 });
    expect(next.key).toMatchObject({ tenant: 'dev', models: ['alpha'], priorityMin: 2 });
    expect((await manage.keys.read(key.keyId))?.replacedBy).toBe(next.key.keyId);
    await call(text);
    await expect(rotateKey(manage, key)).rejects.toMatchObject({
      ...{ code: 'invalid_request', param: 'key_id' },
      message: expect.stringContaining(`replaced by ${next.key.keyId} already`),
    });
    const third = await rotateKey(manage, next.key);
    for (const { key: made, text: fresh } of [next, third]) {
      const caller = await call(fresh);
      expect(caller).toMatchObject({ keyId: made.keyId, payerKeyId: key.keyId });
    }
    await clock.advance(60_000);
    await expect(call(text)).rejects.toEqual(unauthorized);
    await call(next.text);
    const again = rotateKey(manage, key);
    await expect(again).rejects.toMatchObject({ code: 'invalid_request', param: 'key_id' });
  });

  test('is followed by one key alone, whoever else rotates or revokes meanwhile', async () => {
    const { manage, call, key, text } = await setup();
    const living = async () => {
      const all = await manage.keys.list(testTenant);
      return all.filter((each) => each.revokedAtMs === undefined).map(({ keyId }) => keyId);
    };
    const both = await Promise.allSettled([rotateKey(manage, key), rotateKey(manage, key)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { replacedBy = '' } = (await manage.keys.read(key.keyId)) ?? {};
    expect((await living()).sort()).toEqual([key.keyId, replacedBy].sort());

    await revokeKey(manage, { ...key, keyId: replacedBy });
    const anew = await rotateKey(manage, key);
    expect(anew.key).toMatchObject({ expiresAtMs: undefined, payerKeyId: key.keyId });
    await call(text);
    const write: typeof manage.keys.write = async (made) => {
      if (made.version === 1) await revokeKey(manage, anew.key);
      return manage.keys.write(made);
    };
    const late = rotateKey({ ...manage, keys: { ...manage.keys, write } }, anew.key);
    await expect(late).rejects.toMatchObject({ message: expect.stringContaining('has ended') });
    expect(await living()).toEqual([key.keyId]);
  });

  test('is neither made nor changed with a wrong limit or an end gone by', async () => {
    const { clock, manage, store, key } = await setup();
    const endsAtMs = clock.nowMs() + 1_000;
    await changeKey(manage, { ...key, version: undefined, settings: { expiresAtMs: endsAtMs } });
    await clock.advance(2_000);
    const wrong = [
      { settings: { label: 'ghost' }, inFlight: { max: 200_000 } },
      { settings: { label: 'ghost', expiresAtMs: Number.NaN } },
      { settings: { label: 'ghost', expiresAtMs: clock.nowMs() } },
    ];
    for (const request of wrong) {
      const order = { tenant: testTenant, environment: 'test', ...request };
      const change = { tenant: testTenant, keyId: key.keyId, ...request };
      for (const refused of [createKey(manage, order), changeKey(manage, change)]) {
        await expect(refused).rejects.toMatchObject({ code: 'invalid_request' });
      }
    }
    const renamed = { tenant: testTenant, keyId: key.keyId, settings: { label: 'past its end' } };
    expect(await changeKey(manage, renamed)).toMatchObject({ version: 3, expiresAtMs: endsAtMs });
    expect(await store.apiKeys.list(testTenant)).toMatchObject([{ label: 'past its end' }]);
    expect((await store.terms.read(testTenant)).inFlight).toEqual([]);
  });

  test('is used from its networks alone', async () => {
    const { call, text } = await setup({ sourceCidrs: ['10.0.0.0/8', '2001:db8::/32'] });
    await call(text, '10.1.2.3');
    await call(text, '::ffff:10.1.2.3');
    await call(text, '2001:db8::7');
    for (const address of ['192.0.2.1', '::1', 'unknown', '']) {
      await expect(call(text, address)).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  test('has the day of its last use noted, once a day', async () => {
    const { clock, manage, call, key, text } = await setup();
    const days: string[] = [];
    const lastUsed = async () => (await manage.keys.read(key.keyId))?.lastUsedDay;
    await call(text);
    for (let day = 0; day < 2; day += 1) {
      const today = new Date(clock.nowMs()).toISOString().slice(0, 10);
      await waitUntil(async () => (await lastUsed()) === today, { what: `the note of ${today}` });
      days.push(today);
      await clock.advance(86_400_000);
      await call(text);
    }
    expect(new Set(days).size).toBe(2);
  });

  test('of another tenant is not found by an operator who names the wrong one', async () => {
    const { manage, key } = await setup();
    const wrong = { tenant: tenantNamed('other'), keyId: key.keyId };
    const missing = { tenant: testTenant, keyId: 'x'.repeat(12) };
    const answers = await Promise.allSettled([
      revokeKey(manage, wrong),
      revokeKey(manage, missing),
      rotateKey(manage, wrong),
      changeKey(manage, { ...wrong, settings: { label: 'mine' } }),
    ]);
    const reasons = answers.map((answer) => (answer.status === 'rejected' ? answer.reason : ''));
    expect(new Set(reasons.map(String)).size).toBe(1);
    expect(reasons[0]).toMatchObject({ code: 'not_found' });
  });
});

test('a hundred open calls of a key cost one look in four seconds, and end together', async () => {
  const { clock, manage, authenticator, looks, key, text } = await setup();
  const onError = (error: unknown): void => {
    throw error;
  };
  const watch = createCallerWatch({ authenticator, clock, onError });
  watch.start();
  onTestFinished(() => watch.stop());
  const credentials = { headers: [`Bearer ${text}`], address: '127.0.0.1' };
  const refusals: string[] = [];
  const end = ({ code }: ForebayError): void => void refusals.push(code);
  const open = Array.from({ length: 100 }, () =>
    watch.watch({ credentials, scope: 'jobs:read', end }),
  );
  open[0]?.release();
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await clock.advance(1_000);
      await waitUntil(() => clock.pending() === 1, { what: 'the look', intervalMs: 1 });
    }
  };
  await pass(60);
  expect(looks()).toBe(15);
  expect(refusals).toEqual([]);
  await revokeKey(manage, key);
  await pass(5);
  expect(refusals).toEqual(Array.from({ length: 99 }, () => 'unauthorized'));
});

describe('what is decided about a key and its tenant', () => {
  test('holds within five seconds', async () => {
    const { clock, manage, call, key, text } = await setup({ ceilingDefault: 5n });
    const before = await call(text);
    expect(before).toMatchObject({ isSuspended: false, grants: { ceilingDefault: 5n } });
    await changeTenant(manage, { id: testTenant, settings: { ceilingMax: 9n } });
    await changeKey(manage, { ...key, version: undefined, settings: { ceilingMax: 20n } });
    await setTenantStatus(manage, testTenant, 'suspended');
    await clock.advance(revokedWithinMs);
    const after = await call(text);
    expect(after).toMatchObject({ isSuspended: true, grants: { ceilingMax: 9n } });
  });

  test('is changed only as it was seen, when the version is named', async () => {
    const { manage, key } = await setup();
    const change = { ...key, settings: { label: 'one' } };
    expect((await changeKey(manage, change)).version).toBe(2);
    await expect(changeKey(manage, change)).rejects.toMatchObject({ code: 'version_mismatch' });
    const many = Array.from({ length: 5 }, (_, index) =>
      changeKey(manage, { ...key, version: undefined, settings: { label: `n${index}` } }),
    );
    await Promise.all(many);
    expect((await manage.keys.read(key.keyId))?.version).toBe(7);
  });
});

describe('a tenant', () => {
  test('is made once, with or without keys before', async () => {
    const { manage } = await setup();
    const made = await createTenant(manage, {
      id: tenantNamed('acme'),
      settings: { name: 'Acme' },
    });
    expect(made).toMatchObject({ id: 'acme', name: 'Acme', status: 'active', version: 1 });
    for (const id of [made.id, testTenant]) {
      const again = createTenant(manage, { id, settings: {} });
      await expect(again).rejects.toMatchObject({ code: 'tenant_exists' });
    }
    const wrong = { id: tenantNamed('third'), settings: { ceilingDefault: 0n } };
    const refused = createTenant(manage, wrong);
    await expect(refused).rejects.toMatchObject({ param: 'default_ceiling_usd' });
    expect(await manage.tenants.read(tenantNamed('third'))).toBeUndefined();
  });
});
