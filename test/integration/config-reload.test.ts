/**
 * Reloading the configuration under load, in real processes: limits, models that come and go, and
 * a file with a mistake. No job is lost over it.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { monitorUrl, startForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import type { TestProcess } from '../support/processes.ts';
import { listMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { scrape } from '../support/scrape.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

function jobOf(model: string) {
  const body = { messages: [{ role: 'user', content: 'Name a river.' }], max_tokens: 20 };
  return { kind: 'chat.completions', model, body, max_cost_usd: '0.05' };
}

async function setup() {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: twoModels,
    scenario: twoModelsScenario,
    env: { WORKER_METRICS_PORT: '0' },
  });
  const [api, worker] = await Promise.all([forebay.startApi(), forebay.startWorker('w1')]);
  const client = createApiClient({ url: api.url, key: forebay.apiKey });
  const path = forebay.env['FOREBAY_CONFIG'] ?? '';
  const processes = [api.process, worker];
  return {
    ...{ forebay, api, worker, client, processes },
    /** As an editor or a deployment does: written aside, then renamed. */
    writeConfig: (edit: (text: string) => string): void => {
      const text = edit(twoModels).replaceAll('SIMULATOR', forebay.simulator.url);
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    },
  };
}

function hear(processes: readonly TestProcess[], pattern: RegExp): Promise<unknown> {
  return Promise.all(processes.map((process) => process.waitForOutput(pattern)));
}

async function configOf(url: string): Promise<unknown> {
  // The member is looked at and nothing else.
  const body = (await (await fetch(`${url}/readyz`)).json()) as { readonly config?: unknown };
  return body.config;
}

const gamma = `
  gamma:
    context_window: 100000
    price: { input: "1", output: "4", source: simulator }
    deployments: [{ name: main, provider: sim, model: beta, concurrency: 3 }]
`;

describe('a new configuration file', () => {
  test('changes limits and adds a model while jobs run, without a restart', async () => {
    const { forebay, api, worker, client, processes, writeConfig } = await setup();
    const { simulator } = forebay;
    simulator.hold({ model: 'alpha' });
    const jobs = await Promise.all(Array.from({ length: 30 }, () => client.submit(jobOf('alpha'))));
    expect(await simulator.waitForHeld(20, 10_000, { model: 'alpha' })).toBe(true);
    const before = await configOf(api.url);

    writeConfig(
      (text) =>
        text.replace('model: alpha, concurrency: 20', 'model: alpha, concurrency: 25') + gamma,
    );
    await hear(processes, /"setting":"models.gamma","change":"added"/);

    for (const process of processes) {
      expect(process.output()).toContain('models.alpha.deployments.main.concurrency');
      expect(process.output()).not.toContain(forebay.env['PROVIDER_KEY'] ?? '');
    }
    // Two more had been fetched and waited at the gate of the process, while all permits are held.
    expect(await simulator.waitForHeld(22, 10_000, { model: 'alpha' })).toBe(true);
    const added = await client.submit(jobOf('gamma'));
    expect(await client.readEnded(added.id)).toMatchObject({ status: 'succeeded' });
    simulator.release({ model: 'alpha' });
    const ended = await readAllEnded(
      client,
      jobs.map(({ id }) => id),
    );
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['succeeded']));
    expect(simulator.calls()).toHaveLength(31);

    const after = await configOf(api.url);
    expect(after).not.toEqual(before);
    expect(await configOf(monitorUrl(worker))).toMatchObject({
      version: expect.stringMatching(/^\w{12}$/),
    });
    const seen = await scrape(monitorUrl(worker));
    expect(seen.sum('forebay_config_reloads_total', { outcome: 'applied' })).toBe(1);
    expect(seen.text.match(/^forebay_config_info\{/gm)).toHaveLength(1);
    expect(await boardQueues(api.adminUrl, forebay.adminKey)).toContain('gamma');
  });

  test('that removes a model moves its waiting jobs and lets its running one end', async () => {
    const { forebay, worker, client, processes, writeConfig } = await setup();
    const { simulator } = forebay;
    simulator.hold({ model: 'alpha' });
    const jobs = await Promise.all(Array.from({ length: 30 }, () => client.submit(jobOf('alpha'))));
    expect(await simulator.waitForHeld(20, 10_000, { model: 'alpha' })).toBe(true);

    writeConfig((text) => {
      const beta = text.indexOf('  beta:');
      return text.slice(0, text.indexOf('  alpha:')) + text.slice(beta);
    });
    await hear(processes, /"config.applied"/);
    expect((await client.call('/v1/jobs', { body: jobOf('alpha') })).status).toBe(400);
    const moves = (): number => worker.output().split('"job.reassigned"').length - 1;
    await waitUntil(() => moves() === 10, { what: 'the waiting jobs to move', timeoutMs: 15_000 });
    simulator.release({ model: 'alpha' });
    const ended = await readAllEnded(
      client,
      jobs.map(({ id }) => id),
    );
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['succeeded']));
    const models = simulator.calls().map(({ model }) => model);
    expect(models.filter((model) => model === 'beta')).toHaveLength(10);
    expect(models).toHaveLength(30);
  });

  test('with a mistake is refused with its place, and the old one is served on', async () => {
    const { api, client, processes, writeConfig } = await setup();
    const before = await configOf(api.url);
    writeConfig((text) => text.replace('context_window: 100000', 'context_window: "a lot"'));
    await hear(processes, /"config.refused"/);
    for (const process of processes) {
      expect(process.output()).toMatch(/forebay\.yaml:\d+:\d+: models\.alpha\.context_window/);
    }
    expect(await configOf(api.url)).toEqual(before);
    const job = await client.submit(jobOf('alpha'));
    expect((await client.readEnded(job.id)).status).toBe('succeeded');
    expect((await scrape(api.adminUrl)).sum('forebay_config_reloads_total')).toBe(1);

    writeConfig((text) => text);
    for (const process of processes) await process.kill('SIGHUP');
    await hear(processes, /"config.unchanged"/);
  });
});

async function boardQueues(adminUrl: string, key: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`admin:${key}`).toString('base64')}`;
  const answer = await fetch(`${adminUrl}/board/api/queues`, { headers: { authorization } });
  return listMember(await answer.json(), 'queues')
    .map((queue) => JSON.stringify(queue))
    .join('\n');
}
