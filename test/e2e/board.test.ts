/** Bull Board as an operator meets it: in a real browser, read-only, telling nothing private. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { visitBoard } from '../support/board-visit.ts';
import { openBrowser, openPage } from '../support/browser.ts';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { repositoryRoot, type TestProcess } from '../support/processes.ts';
import { useRedis } from '../support/redis.ts';
import { useStore } from '../support/store.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { readAllEnded } from '../support/verdict.ts';

const redis = useRedis();
const promptCanary = 'canary-of-the-prompt';

interface Setup {
  readonly forebay: TestForebay;
  readonly api: ApiClient;
  readonly worker: TestProcess;
  /** Origin of the admin listener. */
  readonly origin: string;
  readonly credentials: { readonly username: string; readonly password: string };
}

async function start(): Promise<Setup> {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: twoModels,
    scenario: twoModelsScenario,
  });
  const { url, adminUrl } = await forebay.startApi();
  const worker = await forebay.startWorker('w1');
  return {
    forebay,
    worker,
    api: createApiClient({ url, key: forebay.apiKey }),
    origin: adminUrl,
    credentials: { username: 'admin', password: forebay.adminKey },
  };
}

function submit({ api, forebay }: Setup, marker: string): Promise<{ readonly id: string }> {
  return api.submit({
    kind: 'chat.completions',
    model: 'alpha',
    body: { messages: [{ role: 'user', content: `${promptCanary} ${marker}` }] },
    max_cost_usd: '0.05',
    webhook: { url: `${forebay.simulator.sinkUrl}/ok` },
  });
}

/** Three jobs that succeed on alpha, then two that alpha refuses and beta takes. */
async function runJobs(setup: Setup) {
  const fine = await Promise.all(['one', 'two', 'three'].map((text) => submit(setup, text)));
  const good = await readAllEnded(
    setup.api,
    fine.map((job) => job.id),
  );
  const refused = await Promise.all([1, 2].map(() => submit(setup, serverError)));
  const moved = await readAllEnded(
    setup.api,
    refused.map((job) => job.id),
  );
  return { good, moved };
}

const serverError = '[[sim:server_error status=503 model=alpha]]';

async function browse() {
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  return browser;
}

describe('Bull Board in a browser', () => {
  it('shows queues and tickets at two widths, nothing private, and works by itself', async () => {
    const setup = await start();
    const { forebay, origin, credentials } = setup;
    const { good, moved } = await runJobs(setup);
    for (const job of [...good, ...moved]) expect(job.status).toBe('succeeded');
    const failedOnAlpha = moved.map((job) => job.attempts[0]);
    const browser = await browse();
    for (const widthPx of [1280, 390]) {
      const sights = await visitBoard(browser, { origin, credentials, widthPx, queue: 'alpha' });
      for (const title of ['alpha', 'beta', 'webhook deliveries']) {
        expect(sights.overview).toContain(title);
      }
      for (const job of moved) expect(sights.failed).toContain(`${job.id}-1`);
      for (const attempt of failedOnAlpha) expect(sights.failed).toContain(attempt?.outcome);
      expect(sights.failed).not.toMatch(/\bat .*\.js/);
      for (const job of good) expect(sights.completed).toContain(`${job.id}-1`);
      expect(sights.completed).toMatch(/returnValue:\s*"succeeded"/);
      expect(sights.latest).toContain(`${moved[0]?.id}-1`);
      expect(sights.ticket).toMatch(/requestedModel:\s*"alpha"/);
      expect(sights.trouble).toEqual([]);
      expect(sights.tooWide).toEqual([]);
      expectNothingPrivate(forebay, sights.received);
    }
  });

  it('shows nothing to somebody without the credentials of an operator', async () => {
    const { forebay, origin } = await start();
    const browser = await browse();
    const screen = { origin, widthPx: 1280, heightPx: 900 };
    for (const path of ['/board', '/board/queue/model-alpha', '/board/api/queues']) {
      const stranger = await openPage(browser, screen);
      // Without an answer to the server's question the browser gives the page up.
      const visit = stranger.page.goto(`${origin}${path}`);
      await expect(visit, path).rejects.toThrow('ERR_INVALID_AUTH_CREDENTIALS');
      const credentials = { username: 'admin', password: forebay.apiKey };
      const tenant = await openPage(browser, { ...screen, credentials });
      const response = await tenant.page.goto(`${origin}${path}`);
      expect(response?.status(), path).toBe(401);
      expect(await response?.text()).toBe('Credentials of an operator are needed.\n');
      await Promise.all([stranger.close(), tenant.close()]);
    }
  });
});

function expectNothingPrivate(forebay: TestForebay, received: readonly string[]): void {
  expect(received.filter((text) => text.includes('/board/api/queues')).length).toBeGreaterThan(0);
  const secrets = [
    ...[promptCanary, '[[sim:', forebay.apiKey, forebay.adminKey, forebay.webhookSecret],
    ...['PROVIDER_KEY', 'FOREBAY_KEY_PEPPER'].map((name) => forebay.env[name] ?? name),
  ];
  for (const secret of secrets) {
    for (const text of received) expect(text.includes(secret), text.split('\n')[0]).toBe(false);
  }
}

interface BoardRoute {
  readonly method: string | readonly string[];
  readonly route: string;
}

/** The routes of the board that is installed, so that an update cannot bring an unknown write. */
function boardRoutes(): readonly BoardRoute[] {
  const load = createRequire(join(repositoryRoot, 'packages', 'api', 'package.json'));
  // A module by path has no types; a wrong shape fails the expectations on known routes.
  const { appRoutes } = load('@bull-board/api/dist/routes.js') as {
    readonly appRoutes: { readonly api: readonly BoardRoute[] };
  };
  return appRoutes.api;
}

function pathOf({ route }: BoardRoute, jobId: string): string {
  const filled = route
    .replace(':queueName', 'model-alpha')
    .replace(':queueStatus', 'failed')
    .replace(':jobId', jobId)
    .replace(':schedulerId', 'none');
  return `/board${filled}`;
}

/** Every key of every queue with its content; `stalled-check` only ever expires. */
async function dumpQueues({ forebay }: Setup): Promise<ReadonlyMap<string, string>> {
  const { client, namespace } = await useStore(redis().url, { namespace: forebay.namespace });
  const keys = (await client.keys(`{${namespace}:q:*`)).filter(
    (key) => !key.endsWith(':stalled-check'),
  );
  const dump = async (key: string): Promise<[string, string]> => [
    key,
    (await client.dumpBuffer(key))?.toString('hex') ?? 'gone',
  ];
  return new Map(await Promise.all(keys.sort().map(dump)));
}

describe('writing through Bull Board', () => {
  it('is refused on every route and by every method, and changes nothing', async () => {
    const setup = await start();
    const { moved } = await runJobs(setup);
    // Nothing of ours may change the queues from here on, and one ticket waits to be tampered with.
    await setup.worker.kill('SIGTERM');
    await submit(setup, 'waits');
    const before = await dumpQueues(setup);
    const kinds = new Set([...before.keys()].map((key) => key.split(':').at(-1)));
    for (const kind of ['completed', 'failed', 'prioritized']) expect(kinds).toContain(kind);

    const routes = boardRoutes();
    const written = routes.filter((route) => route.method !== 'get').map((entry) => entry.route);
    expect(written).toEqual(expect.arrayContaining([...knownWrites]));
    const { username, password } = setup.credentials;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const board = createApiClient({ url: setup.origin });
    for (const route of routes) {
      const path = pathOf(route, `${moved[0]?.id}-1`);
      for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
        const call = { method, body: { name: 'job', data: {}, force: true } };
        const answer = await board.call(path, { ...call, headers: { authorization } });
        expect(answer.status, `${method} ${path}`).toBe(405);
        expect(answer.headers.get('allow')).toBe('GET, HEAD');
        expect((await board.call(path, call)).status, `${method} ${path}`).toBe(401);
      }
    }
    expect(await dumpQueues(setup)).toEqual(before);
  });
});

const knownWrites = [
  '/api/queues/pause',
  '/api/queues/:queueName/add',
  '/api/queues/:queueName/retry/:queueStatus',
  '/api/queues/:queueName/clean/:queueStatus',
  '/api/queues/:queueName/empty',
  '/api/queues/:queueName/obliterate',
  '/api/queues/:queueName/:jobId/retry',
  '/api/queues/:queueName/:jobId/promote',
  '/api/queues/:queueName/:jobId/clean',
  '/api/queues/:queueName/:jobId/update-data',
] as const;
