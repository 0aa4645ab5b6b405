import { afterEach, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { askChat, type RawAnswer, streamedData } from '../testing/ask.ts';

let simulator: Simulator;

afterEach(() => simulator.close());

async function setup(scenario: Record<string, unknown> = {}): Promise<Simulator> {
  simulator = await startSimulator({ scenario: { default: { latency_ms: 0 }, ...scenario } });
  return simulator;
}

const ask = (marker: string, extra: Parameters<typeof askChat>[2] = {}) =>
  askChat(simulator, `Please answer. ${marker}`, extra);

/** Aborts the call as soon as the simulator shows it in flight, and waits for its line. */
async function abandon(marker: string, extra: Record<string, unknown> = {}) {
  const leave = new AbortController();
  const answer = ask(marker, { ...extra, signal: leave.signal }).then(
    (came) => came,
    (error: Error) => error,
  );
  await expect.poll(() => simulator.stats().in_flight).toBe(1);
  const timeout = setTimeout(() => leave.abort(), 60);
  const ended = await answer;
  clearTimeout(timeout);
  expect(await simulator.waitForCalls(1, 2000)).toBe(true);
  return { ended, line: simulator.calls()[0] };
}

const errorOf = (answer: RawAnswer) => JSON.parse(answer.text).error;

test.each([
  ['rate_limit', 429, 'rate_limit_exceeded'],
  ['quota_exhausted', 429, 'insufficient_quota'],
  ['server_error', 500, null],
  ['server_error status=529', 529, null],
  ['bad_request', 400, null],
  ['unauthorized', 401, 'invalid_api_key'],
  ['forbidden', 403, null],
  ['not_found', 404, 'model_not_found'],
  ['context_overflow', 400, 'context_length_exceeded'],
  ['content_filter', 400, 'content_filter'],
])('%s is a complete error that costs nothing', async (marker, status, code) => {
  await setup();
  const answer = await ask(`[[sim:${marker}]]`);
  expect(answer.status).toBe(status);
  expect(Object.keys(errorOf(answer))).toEqual(['message', 'type', 'param', 'code']);
  expect(errorOf(answer).code).toBe(code);
  expect(simulator.bill()).toEqual([]);
  expect(simulator.calls()).toMatchObject([{ ending: 'refused', fault: marker.split(' ')[0] }]);
});

test('a 429 says when to come back in every form seen in the field', async () => {
  await setup();
  const retryAfter = async (form: string) => {
    const { headers } = await ask(`[[sim:rate_limit retry_after=${form} seconds=3]]`);
    return headers['retry-after'] ?? headers['retry-after-ms'] ?? null;
  };
  expect(await retryAfter('none')).toBeNull();
  expect(await retryAfter('seconds')).toBe('3');
  expect(await retryAfter('ms')).toBe('3000');
  expect(await retryAfter('absurd')).toBe('999999999');
  const aheadMs = Date.parse((await retryAfter('date')) ?? '') - Date.now();
  expect(aheadMs).toBeGreaterThan(1000);
  expect(aheadMs).toBeLessThan(5000);
});

test('a server error may be an HTML page, and may be billed', async () => {
  await setup();
  const answer = await ask('[[sim:server_error status=502 body=html billed=yes]]');
  expect(answer.headers['content-type']).toContain('text/html');
  expect(simulator.bill()).toMatchObject([{ status: 502, completed: false }]);
});

test('a hang sends no headers and is charged for what was generated meanwhile', async () => {
  await setup();
  const { ended, line } = await abandon(
    '[[sim:hang_before_headers]] [[sim:output_tokens count=9]]',
  );
  expect(ended).toBeInstanceOf(Error);
  expect(line).toMatchObject({
    status: null,
    billed: true,
    completed: false,
    completion_tokens: 9,
  });
  expect(line).toMatchObject({ ending: 'client_gone', fault: 'hang_before_headers' });
});

test('a hang that never begins to generate costs nothing', async () => {
  await setup();
  const { line } = await abandon('[[sim:hang_before_headers generates=no]]');
  expect(line).toMatchObject({ billed: false, cost_nano_usd: '0' });
});

test('a caller who leaves while tokens are made pays for those made so far', async () => {
  await setup();
  const marker = '[[sim:per_token ms=10]] [[sim:output_tokens count=1000]]';
  const { line } = await abandon(marker);
  expect(line?.completion_tokens).toBeGreaterThan(0);
  expect(line?.completion_tokens).toBeLessThan(200);
  expect(line).toMatchObject({ ending: 'client_gone', billed: true });
});

test('a caller who leaves a stream pays for the events sent', async () => {
  await setup();
  const marker = '[[sim:stall_mid_body after_tokens=4]] [[sim:output_tokens count=10]]';
  const { line } = await abandon(marker, { stream: true });
  expect(line).toMatchObject({ status: 200, completion_tokens: 4, billed: true });
});

test('a slow drip arrives whole, a few bytes at a time', async () => {
  await setup();
  const startedAtMs = performance.now();
  const answer = await ask(
    '[[sim:slow_drip interval_ms=5 bytes=100]] [[sim:output_tokens count=3]]',
  );
  const tookMs = performance.now() - startedAtMs;
  expect(JSON.parse(answer.text).usage.completion_tokens).toBe(3);
  expect(tookMs).toBeGreaterThan((answer.text.length / 100) * 4);
  expect(simulator.bill()).toMatchObject([{ completed: true, fault: 'slow_drip' }]);
});

test.each(['close', 'reset', 'length'])('a body cut by %s breaks the connection', async (how) => {
  await setup();
  const answer = await ask(`[[sim:cut_mid_body how=${how}]] [[sim:output_tokens count=10]]`);
  expect(answer.brokenBy).not.toBeNull();
  expect(Number(answer.headers['content-length'])).toBeGreaterThan(answer.text.length);
  expect(simulator.bill()).toMatchObject([{ completed: false, completion_tokens: 10 }]);
});

test('a clean cut is proper HTTP around half of the JSON', async () => {
  await setup();
  const answer = await ask('[[sim:cut_mid_body how=clean]]');
  expect(answer.brokenBy).toBeNull();
  expect(() => JSON.parse(answer.text)).toThrow();
});

test('a cut stream has no end marker and is charged for the events sent', async () => {
  await setup();
  const marker = (how: string) =>
    `[[sim:cut_mid_body how=${how} after_tokens=6]] [[sim:output_tokens count=20]]`;
  const broken = await ask(marker('reset'), { stream: true });
  const clean = await ask(marker('clean'), { stream: true });
  expect(broken.brokenBy).not.toBeNull();
  expect(clean.brokenBy).toBeNull();
  expect(clean.text).not.toContain('[DONE]');
  expect(simulator.bill().map((line) => line.completion_tokens)).toEqual([6, 6]);
});

test('a stream may lack nothing but its end marker', async () => {
  await setup();
  const marker = '[[sim:cut_mid_body how=clean after_tokens=9999]]';
  const answer = await ask(marker, { stream: true });
  expect(streamedData(answer.text).at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
  expect(answer.text).not.toContain('[DONE]');
});

test('a reset and a refused connection bring no headers and cost nothing', async () => {
  await setup();
  await expect(ask('[[sim:connection_reset]]')).rejects.toMatchObject({ code: 'ECONNRESET' });
  await expect(ask('[[sim:connection_refuse]]')).rejects.toThrow(/hang up|ECONNRESET/);
  await simulator.waitForCalls(2, 1000);
  expect(simulator.bill()).toEqual([]);
});

test('spoilt answers come as a 200', async () => {
  await setup();
  const invalid = await ask('[[sim:invalid_json]]');
  const html = await ask('[[sim:html_body]]');
  const empty = await ask('[[sim:empty_body]]');
  const wrapped = await ask('[[sim:error_in_200]]');
  expect([invalid, html, empty, wrapped].map((answer) => answer.status)).toEqual(
    Array(4).fill(200),
  );
  expect(() => JSON.parse(invalid.text)).toThrow();
  expect(html.text).toContain('<html>');
  expect(empty.text).toBe('');
  expect(errorOf(wrapped).type).toBe('server_error');
  expect(simulator.calls().map((line) => line.billed)).toEqual([true, true, true, false]);
  expect(simulator.calls().every((line) => line.ending === 'broken')).toBe(true);
});

test('a stream may carry an error in the middle', async () => {
  await setup();
  const marker = '[[sim:error_in_200 after_tokens=3 billed=yes]] [[sim:output_tokens count=9]]';
  const answer = await ask(marker, { stream: true });
  expect(streamedData(answer.text).at(-1)).toHaveProperty('error.message');
  expect(simulator.bill()).toMatchObject([{ completion_tokens: 3, completed: false }]);
});

test('a refusal and a filtered answer are whole answers', async () => {
  await setup();
  const refused = JSON.parse((await ask('[[sim:refusal]]')).text);
  const filtered = JSON.parse((await ask('[[sim:content_filter at=answer]]')).text);
  expect(refused.choices[0].message).toMatchObject({ content: null, refusal: /sorry/ });
  expect(filtered.choices[0].finish_reason).toBe('content_filter');
  expect(simulator.bill().map((line) => line.completed)).toEqual([true, true]);
});

test.each([
  ['missing', undefined],
  ['zero', 0],
  ['negative', -5],
  ['huge', 9_000_000_000_000],
  ['string', '4 tokens'],
])('wrong usage (%s) is shown, the true one billed', async (value, shown) => {
  await setup();
  const marker = `[[sim:wrong_usage value=${value}]] [[sim:output_tokens count=4]]`;
  const whole = JSON.parse((await ask(marker)).text);
  const streamed = await ask(marker, { stream: true, stream_options: { include_usage: true } });
  const last = streamedData(streamed.text).at(-1);
  expect(whole.usage?.completion_tokens).toBe(shown);
  expect(last).toMatchObject({ choices: [] });
  expect(JSON.stringify(last)).toContain(JSON.stringify(shown) ?? '');
  expect(simulator.bill().map((line) => line.completion_tokens)).toEqual([4, 4]);
});

test('a marker may count its calls and name its model', async () => {
  await setup();
  const marker = '[[sim:server_error times=2 model=small]]';
  const statuses: number[] = [];
  for (let call = 0; call < 3; call += 1) statuses.push((await ask(marker)).status);
  const other = await ask(`${marker}`, { model: 'large' });
  expect(statuses).toEqual([500, 500, 200]);
  expect(other.status).toBe(200);
});

test('a marker that makes no sense is a 400, not a passing test', async () => {
  await setup();
  expect((await ask('[[sim:explode]]')).status).toBe(400);
  expect((await ask('[[sim:slow_drip speed=3]]')).status).toBe(400);
  expect((await ask('[[sim:latency]]')).status).toBe(400);
});

test('rules of a scenario fire by count, by text and by chance', async () => {
  await setup({
    models: {
      small: {
        faults: [
          { kind: 'rate_limit', every: 3, match: 'parcel' },
          { kind: 'server_error', first: 1, params: { status: 503 } },
        ],
      },
      shaky: { faults: [{ kind: 'server_error', probability: 0.5 }] },
    },
  });
  const parcels: number[] = [];
  for (let call = 0; call < 6; call += 1) parcels.push((await ask('A parcel.')).status);
  expect(parcels).toEqual([503, 200, 429, 200, 200, 429]);
  const run = async () => {
    const statuses: number[] = [];
    for (let call = 0; call < 20; call += 1) {
      statuses.push((await ask(`Question ${call}`, { model: 'shaky' })).status);
    }
    return statuses;
  };
  const first = await run();
  await simulator.close();
  await setup({ models: { shaky: { faults: [{ kind: 'server_error', probability: 0.5 }] } } });
  expect(await run()).toEqual(first);
  expect(new Set(first)).toEqual(new Set([200, 500]));
});
