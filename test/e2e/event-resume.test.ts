/**
 * Event streams over real processes: readers are cut at random bytes, an api dies under them,
 * answers break off and begin again. Each reader must end with every event of its job, once and in
 * order, exactly as one that was never cut gets them.
 */
import { expect, test } from 'vitest';
import { startForebay, type TestApi, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { seededNumbers } from '../support/seeded-numbers.ts';
import { answerText, shownText } from '../support/shown-text.ts';
import { readEvents, type SseEvent } from '../support/sse-client.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';

const redis = useRedis();

const seed = 20_260_117;
const jobCount = 12;
/** Less than the longest event, so that a reader often gets nowhere before it is cut. */
const cutBytesMax = 700;

/** Answers drip; every third one breaks off once, at a token of its own: markers are counted. */
function promptOf(n: number): string {
  const cut = n % 3 === 0 ? `[[sim:cut_mid_body how=reset after_tokens=${10 + n} times=1]]` : '';
  return `[[sim:per_token ms=20]] [[sim:output_tokens count=40]] ${cut} tell story ${n}`;
}

async function submit(api: ApiClient, n: number): Promise<string> {
  const { id } = await api.submit({
    kind: 'chat.completions',
    model: 'alpha',
    body: { messages: [{ role: 'user', content: promptOf(n) }] },
    max_cost_usd: '0.05',
    stream: true,
  });
  return id;
}

interface Reader {
  readonly id: string;
  readonly events: readonly SseEvent[];
  readonly resumes: number;
}

/** Reads a job to its end over as many connections as it takes, each at the next living api. */
async function readWithCuts(
  { apiKey }: TestForebay,
  apis: () => readonly TestApi[],
  { id, random }: { readonly id: string; readonly random: () => number },
): Promise<Reader> {
  const events: SseEvent[] = [];
  for (let visits = 0; ; visits += 1) {
    const living = apis();
    const api = living[visits % living.length];
    if (api === undefined) throw new Error('no api is left');
    const visit = await readEvents({
      url: `${api.url}/v1/jobs/${id}/events`,
      key: apiKey,
      lastEventId: events.at(-1)?.id,
      cutAfterBytes: 1 + Math.floor(random() * cutBytesMax),
    }).catch(() => undefined);
    events.push(...(visit?.events ?? []));
    if (visit?.status === 204 || visit?.isEnded === true) {
      return { id, events, resumes: visits };
    }
  }
}

test('a stream resumed at random bytes gives every event once, in order', async () => {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: twoModels,
    scenario: twoModelsScenario,
  });
  const [doomed, other] = await Promise.all([forebay.startApi(), forebay.startApi()]);
  await forebay.startWorker('w1');
  const client = createApiClient({ url: other.url, key: forebay.apiKey });
  const random = seededNumbers(seed);
  let apis = [doomed, other];
  const ids = await Promise.all(Array.from({ length: jobCount }, (_, n) => submit(client, n)));
  const reading = ids.map((id) => readWithCuts(forebay, () => apis, { id, random }));
  // One api dies under its readers, as soon as text is on its way to them.
  await readEvents({
    url: `${doomed.url}/v1/jobs/${ids[1] ?? ''}/events`,
    key: forebay.apiKey,
    onEvent: ({ type }) => {
      if (type !== 'job.delta') return;
      apis = [other];
      void doomed.process.kill('SIGKILL');
    },
  });
  const readers = await Promise.all(reading);

  const resumes = readers.reduce((sum, reader) => sum + reader.resumes, 0);
  expect(resumes, `seed ${seed}`).toBeGreaterThanOrEqual(100);
  for (const [n, reader] of readers.entries()) {
    const url = `${other.url}/v1/jobs/${reader.id}/events`;
    const whole = await readEvents({ url, key: forebay.apiKey });
    expect(reader.events).toEqual(whole.events);
    const numbers = whole.events.map((event) => event.id);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    const types = whole.events.map(({ type }) => type);
    expect(types.at(-1)).toBe('job.succeeded');
    expect(types).not.toContain('job.gap');
    expect(types.filter((type) => type === 'job.running')).toHaveLength(n % 3 === 0 ? 2 : 1);
    expect(shownText(whole.events)).toBe(answerText(await client.read(reader.id)));
    expect(types.filter((type) => type === 'job.delta').length).toBeGreaterThan(3);
  }
});
