/** `forebay tenants` and `forebay keys`, on a real store. */
import { parseApiKey } from '@forebay/shared/keys/api-key';
import { describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { tenantNamed, useStore } from '../support/store.ts';

const redis = useRedis();

async function setup() {
  const store = await useStore(redis().url);
  const env = {
    REDIS_URL: redis().url,
    FOREBAY_NAMESPACE: store.namespace,
    FOREBAY_KEY_PEPPER: 'p'.repeat(32),
  };
  const run = async (line: string) => runCommandHere(line.split(' '), env);
  const json = async (line: string) => {
    const { code, stdout, stderr } = await run(`${line} --json`);
    expect(code, stderr).toBe(0);
    return stdout.split('\n').flatMap((text) => (text === '' ? [] : [JSON.parse(text)]));
  };
  return { store, run, json };
}

describe('forebay tenants', () => {
  test('makes, changes, suspends and shows a tenant', async () => {
    const { store, run, json } = await setup();
    const [made] = await json('tenants create acme --name Acme --max-ceiling 5 --max-in-flight 3');
    expect(made).toMatchObject({
      ...{ id: 'acme', object: 'tenant', name: 'Acme', status: 'active', paused: false },
      ...{ max_ceiling_usd: '5', default_ceiling_usd: null, max_in_flight: 3, version: 1 },
    });
    const [changed] = await json('tenants update acme --max-ceiling none --default-ceiling 0.5');
    expect(changed).toMatchObject({ max_ceiling_usd: null, default_ceiling_usd: '0.5' });
    const [suspended] = await json('tenants suspend acme');
    expect(suspended).toMatchObject({ status: 'suspended', paused: true, max_in_flight: 3 });
    expect((await run('tenants list')).stdout).toMatch(/acme +Acme +suspended/);
    const [resumed] = await json('tenants resume acme');
    expect(resumed).toMatchObject({ status: 'active', paused: false });
    expect((await store.tenants.read(tenantNamed('acme')))?.version).toBe(4);
  });

  test('says what is wrong, and changes nothing', async () => {
    const { store, run } = await setup();
    const missing = await run('tenants show acme');
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('no tenant acme') });
    const wrong = await run('tenants create acme --default-ceiling 5 --max-ceiling 1');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('"default_ceiling_usd": expected at most max_ceiling_usd');
    expect((await run('tenants create Acme!')).code).toBe(2);
    expect(await store.tenants.list()).toEqual([]);
  });
});

describe('forebay keys', () => {
  test('makes, limits, rotates and revokes keys, and shows none of them twice', async () => {
    const { store, run, json } = await setup();
    const made = await run('keys create --tenant acme --label nightly --model auto --model a');
    const key = parseApiKey(made.stdout.trim());
    expect(key).toMatchObject({ environment: 'live' });
    const id = key?.keyId ?? '';
    const [updated] = await json(
      `keys update ${id} --model any --cidr 10.0.0.0/8 --scope jobs:read --most-urgent 7 ` +
        '--requests-per-minute 60 --max-queued 9 --max-in-flight 2 --accept-late yes ' +
        '--weight quality=4 --weight load=0.5 ' +
        '--expires-at 2030-01-31T12:00Z',
    );
    expect(updated).toMatchObject({
      ...{ id, tenant: 'acme', label: 'nightly', models: null, source_cidrs: ['10.0.0.0/8'] },
      ...{ scopes: ['jobs:read'], most_urgent_priority: 7, requests_per_minute: 60 },
      ...{ max_queued_jobs: 9, max_in_flight: 2, expires_at: '2030-01-31T12:00:00.000Z' },
      ...{ accept_late: true, weights: { quality: 4, load: 0.5 } },
    });
    const [next] = await json(`keys rotate ${id} --overlap 1h`);
    expect(next).toMatchObject({ label: 'nightly', max_in_flight: 2, key: expect.any(String) });
    expect(next).toMatchObject({ weights: { quality: 4, load: 0.5 } });
    expect(await json(`keys update ${next.id} --weight none`)).toMatchObject([{ weights: null }]);
    const [revoked] = await json(`keys revoke ${id}`);
    expect(revoked).toMatchObject({ id, replaced_by: next.id, revoked_at: expect.any(String) });
    const { stdout } = await run('keys list --tenant acme');
    expect(stdout).toMatch(new RegExp(`${id} +nightly +live +revoked`));
    expect(stdout).toMatch(new RegExp(`${next.id} +nightly +live +live`));
    expect(stdout).not.toMatch(/fb_live_/);
    expect(await store.apiKeys.list(tenantNamed('acme'))).toHaveLength(2);
  });

  test('says what is wrong with a key or a setting', async () => {
    const { store, run } = await setup();
    expect(await run('keys revoke xxxxxxxxxxxx')).toMatchObject({ code: 1 });
    for (const option of [
      '--expires-at 2030-13-01T00:00:00Z',
      '--expires-at 2030-11-31T10:00:00Z',
      '--expires-at 2030-11-30T99:00:00Z',
      '--expires-at 2020-01-31T12:00:00Z',
      '--max-in-flight 200000',
    ]) {
      const refused = await run(`keys create --tenant acme ${option}`);
      expect(refused, option).toMatchObject({ code: 2, stdout: '' });
    }
    expect(await store.apiKeys.list(tenantNamed('acme'))).toEqual([]);
    expect(await store.tenants.list()).toEqual([]);
    const wrong = await run('keys create --tenant acme --cidr everywhere --json');
    expect(wrong.code).toBe(2);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'invalid_request' } });
    expect((await run('keys create --tenant acme --scope everything')).code).toBe(2);
  });
});
