/**
 * What belongs to another tenant is like what is not there (P18): on every route of the table the
 * same status, headers and body, and the same work in the store, so that time tells no more.
 */
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import {
  type Belongings,
  canary,
  makeBelongings,
  type Names,
  namesOfNobody,
} from '../support/belongings.ts';
import type { ApiClient, HttpAnswer } from '../support/http.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { ownedKinds, type Probe, probesOf, sampleJob } from '../support/route-samples.ts';
import { tenantNamed, testTenant } from '../support/store.ts';
import { type CommandWatch, watchCommands, withoutNews } from '../support/store-commands.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

const hookUrl = 'http://127.0.0.1:9/other';

interface Stage {
  readonly api: InProcessApi;
  readonly watch: CommandWatch;
  /** The tenant to whom everything belongs. */
  readonly owner: ApiClient;
  readonly owned: Belongings;
  /** Another one, on the same shard. */
  readonly other: ApiClient;
  /** An endpoint of the other. */
  readonly own: string;
  readonly nobody: Names;
}

async function setup(): Promise<Stage> {
  const api = await startInProcessApi(redis().url, config);
  const other = await api.client(neighbourOf(api));
  const hook = { url: hookUrl, events: ['*'] };
  const own = textMember((await other.call('/v1/webhooks', { body: hook })).json(), 'id');
  const owner = await api.client(testTenant);
  const owned = await makeBelongings(api, owner);
  const watch = await watchCommands(api.store);
  return { api, watch, owner, owned, other, own, nobody: namesOfNobody(owned) };
}

/** A tenant whose keys stand beside the owner's: no slot helps to keep the two apart. */
function neighbourOf({ store: { keys } }: InProcessApi): string {
  for (let n = 1; ; n += 1) {
    const name = `other-${n}`;
    if (keys.shardOf(tenantNamed(name)) === keys.shardOf(testTenant)) return name;
  }
}

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly commands: readonly string[];
}

/** What the other sees and sets off under these names, without what is new with each call. */
async function ask({ watch, other, own }: Stage, probe: Probe, names: Names): Promise<Seen> {
  const fill = (text: string): string =>
    ownedKinds
      .reduce((filled, kind) => filled.replaceAll(`{${kind}}`, names[kind]), text)
      .replaceAll('{own}', own);
  const strip = (text: string): string =>
    withoutNews(ownedKinds.reduce((left, kind) => left.replaceAll(names[kind], `{${kind}}`), text));
  const { method, path, headers, body } = probe;
  const call = {
    method,
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, fill(text)])),
    ...(body === undefined ? {} : { body }),
  };
  let answer: HttpAnswer | undefined;
  const commands = await watch.during(async () => {
    answer = await other.call(fill(path), call);
  });
  if (answer === undefined) throw new Error('the call gave no answer');
  const shown = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
  return {
    status: answer.status,
    headers: Object.fromEntries(shown.map(([name, value]) => [name, strip(value)])),
    text: strip(answer.text),
    commands: commands.map(strip),
  };
}

/** Looks of the background and ends of caches come now and then, differences every time. */
const triesMax = 5;

/** Compares what is there with what is not, until nothing but the names differs. */
function comparison(stage: Stage, probe: Probe) {
  let missing: Seen | undefined;
  return async (names: Names, what: string): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      missing ??= await ask(stage, probe, stage.nobody);
      const foreign = await ask(stage, probe, names);
      expect(JSON.stringify([foreign.text, foreign.headers]), what).not.toContain(canary);
      if (tries === triesMax) expect(foreign, what).toEqual(missing);
      if (JSON.stringify(foreign) === JSON.stringify(missing)) return;
      missing = undefined;
    }
  };
}

/** Everything that the owner can see, without what is new with each call. */
async function viewOf({ owner, owned }: Stage): Promise<readonly string[]> {
  const jobs = [...owned.jobs.values()].flatMap((id) =>
    ['', '/result'].map((path) => `/v1/jobs/${id}${path}`),
  );
  const { endpoint, user } = owned.names;
  const hooks = ['', '/events', '/attempts'].map((path) => `/v1/webhooks/${endpoint}${path}`);
  return Promise.all(
    [...jobs, '/v1/jobs', '/v1/webhooks', `/v1/users/${user}/preferences`, ...hooks].map(
      async (path) => {
        const { status, text } = await owner.call(path);
        return `${path} ${status} ${text.replaceAll(/req_\w+/g, 'req_…')}`;
      },
    ),
  );
}

/** Every way to call a route is tried with these, the plain one with all. */
const someJobs = ['running', 'failed', 'archived'];

/** The jobs that a probe is asked with; one stands for all where no job is named. */
function jobsFor(probe: Probe, { jobs }: Belongings): readonly (readonly [string, string])[] {
  const isOfJob = JSON.stringify(probe).includes('{job}');
  if (!isOfJob) return [...jobs].slice(0, 1);
  return [...jobs].filter(([what]) => probe.isPlain || someJobs.includes(what));
}

describe("another tenant's things", () => {
  test('are like missing ones on every route, show nothing and stay as they are', async () => {
    const stage = await setup();
    const before = await viewOf(stage);
    expect(before.join()).toContain(canary);
    for (const probe of stage.api.routes.flatMap(probesOf)) {
      const expectAlike = comparison(stage, probe);
      for (const [what, job] of jobsFor(probe, stage.owned)) {
        const name = `${probe.method} ${probe.path} of what is ${what}`;
        await expectAlike({ ...stage.owned.names, job }, name);
      }
    }
    expect(await viewOf(stage)).toEqual(before);
  });

  test('do not show in what another tenant lists', async () => {
    const { other, own, owned } = await setup();
    const { id } = await other.submit(sampleJob);
    await other.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const list = async (path: string): Promise<readonly unknown[]> => {
      const answer = await other.call(path);
      for (const name of [canary, ...Object.values(owned.names)]) {
        expect(answer.text, path).not.toContain(name);
      }
      return listMember(answer.json(), 'data');
    };
    expect(await list('/v1/jobs')).toMatchObject([{ id }]);
    expect(await list('/v1/webhooks')).toMatchObject([{ id: own }]);
    expect(await list(`/v1/webhooks/${own}/events`)).toMatchObject([{ data: { id } }]);
    const usage = '/v1/usage?group_by=user,batch,state';
    expect(await list(usage)).toMatchObject([
      { group: { user: null, batch: null, state: 'cancelled' }, jobs: 1, attempts: 0 },
    ]);
    expect(await list('/v1/analytics')).toMatchObject([{ jobs: { cancelled: 1 } }]);
  });
});

describe('the samples of the suite', () => {
  test.each([
    ['/v1/jobs/:id/secrets/:secret', 'parameters'],
    ['/v1/new', 'variants'],
  ])('miss nothing of a new route such as %s', (path, remedy) => {
    const limits = { bodyBytesMax: 0, waitSecondsMax: 0 };
    const facts = { method: 'GET', audit: 'read', requestSchema: 'none', summary: '' } as const;
    const handle = async () => ({ status: 204 });
    const route = { ...facts, scope: 'jobs:read', path, limits, handle } as const;
    expect(() => probesOf(route)).toThrow(remedy);
  });
});
