import { describe, expect, test } from 'vitest';
import { startForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import { mainOf, startProcess } from '../support/processes.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();

function forebay(args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  return startProcess({ name: 'forebay key', args: [mainOf('cli'), 'key', ...args], env });
}

describe('forebay key create', () => {
  test('makes a key that the api takes, of the tenant alone', async () => {
    const running = await startForebay({
      redisUrl: redis().url,
      config: twoModels,
    });
    const made = forebay(['create', '--tenant', 'acme'], running.env);
    const [, key = ''] = await made.waitForOutput(/^(fb_live_\S+)$/m);
    expect(await made.exited).toEqual({ code: 0, signal: null });
    expect(made.output().split(key)).toHaveLength(2);

    const api = await running.startApi();
    const acme = createApiClient({ url: api.url, key });
    const dev = createApiClient({ url: api.url, key: running.apiKey });
    const { id } = await acme.submit({
      kind: 'chat.completions',
      model: 'alpha',
      body: { messages: [{ role: 'user', content: 'Say hello.' }] },
    });
    expect((await acme.call(`/v1/jobs/${id}`)).status).toBe(200);
    expect((await dev.call(`/v1/jobs/${id}`)).status).toBe(404);
  });

  test('tells what is missing, and shows no key that is not stored', async () => {
    const away = { REDIS_URL: 'redis://127.0.0.1:1', FOREBAY_KEY_PEPPER: 'p'.repeat(32) };
    const noStore = forebay(['create', '--tenant', 'acme'], away);
    expect((await noStore.exited).code).toBe(3);
    const noPepper = forebay(['create', '--tenant', 'acme'], { FOREBAY_KEY_PEPPER: undefined });
    expect((await noPepper.exited).code).toBe(2);
    expect(noPepper.output()).toContain('FOREBAY_KEY_PEPPER');
    const noTenant = forebay(['create'], away);
    expect((await noTenant.exited).code).toBe(2);
    for (const run of [noStore, noPepper, noTenant]) expect(run.output()).not.toContain('fb_live_');
    const help = forebay(['create', '--help'], {});
    expect((await help.exited).code).toBe(0);
    expect(help.output()).toContain('forebay key create --tenant acme');
  });
});
