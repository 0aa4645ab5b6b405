import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { post } from '../testing/ask.ts';

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator();
});

afterEach(() => simulator.close());

const send = (path: string, body: unknown = '{}', headers: Record<string, string> = {}) =>
  post(`${simulator.sinkUrl}${path}`, body, { headers });

/** Reads at most so many bytes of an answer, then leaves. */
function readSome(path: string, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${simulator.sinkUrl}${path}`, { method: 'POST' }, (response) => {
      const chunks: Buffer[] = [];
      const finish = () => resolve(Buffer.concat(chunks));
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (Buffer.concat(chunks).length < bytesMax) return;
        finish();
        sent.destroy();
      });
      response.on('end', finish);
      response.on('error', finish);
    });
    sent.on('error', reject);
    sent.end('{}');
  });
}

test('a delivery is kept byte for byte, in order, with its headers', async () => {
  const body = '{"a": 1,\r\n "ä": "\\u00e4"}';
  await send('/ok/first', body, { 'webhook-id': 'evt_1', 'X-Case': 'Kept' });
  await send('/ok/second', '2');
  const [first, second] = simulator.deliveries();
  expect(Buffer.from(first?.body_base64 ?? '', 'base64').toString()).toBe(body);
  expect(first).toMatchObject({ n: 1, path: '/ok/first', status: 200, truncated: false });
  expect(first?.headers['webhook-id']).toBe('evt_1');
  expect(first?.raw_headers).toContain('X-Case');
  expect(second?.n).toBe(2);
  expect(simulator.deliveries('/ok/second')).toHaveLength(1);
});

test('statuses, counts, Retry-After and redirects follow the path', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    statuses.push((await send('/status/503/times/2/then/204/tenant-a')).status);
  }
  expect(statuses).toEqual([503, 503, 204]);
  expect((await send('/status/503/times/2/then/204/tenant-b')).status).toBe(503);
  expect((await send('/gone')).status).toBe(410);
  expect((await send('/retry-after/2')).headers['retry-after']).toBe('2');
  expect((await send('/redirect')).headers['location']).toBe('/ok/redirected');
  expect((await send('/nowhere')).status).toBe(404);
  expect((await fetch(`${simulator.sinkUrl}/ok`)).status).toBe(405);
});

test('a reset brings no answer, and a hang ends with its sender', async () => {
  await expect(send('/reset')).rejects.toMatchObject({ code: 'ECONNRESET' });
  const leave = new AbortController();
  const hanging = post(`${simulator.sinkUrl}/hang`, {}, { signal: leave.signal });
  expect(await simulator.waitForDeliveries(1, 2000, '/hang')).toBe(true);
  leave.abort();
  await expect(hanging).rejects.toThrow();
  expect(simulator.deliveries('/hang')).toMatchObject([{ status: null }]);
});

test('bodies that are slow or never end go on until the sender leaves', async () => {
  expect((await readSome('/slow-body/5', 3)).toString()).toBe('xxx');
  expect((await readSome('/endless-body', 1_000_000)).length).toBeGreaterThanOrEqual(1_000_000);
});

test('a gzip bomb is small on the wire and large behind it', async () => {
  const packed = await readSome('/gzip-bomb', Number.POSITIVE_INFINITY);
  expect(packed.length).toBeLessThan(2_000_000);
  const limit = { maxOutputLength: 100_000_000 };
  expect(() => gunzipSync(packed, limit)).toThrow(/larger than|buffer/i);
});

test('deliveries are awaited, read and cleared over HTTP', async () => {
  const url = `${simulator.sinkUrl}/_sink`;
  const waiting = fetch(`${url}/wait?count=2&wait_ms=5000&path=/ok`).then((got) => got.json());
  await send('/gone');
  await send('/ok');
  await send('/ok');
  expect(await waiting).toMatchObject({ reached: true, data: [{ n: 2 }, { n: 3 }] });
  expect(JSON.parse(await (await fetch(`${url}/deliveries`)).text()).data).toHaveLength(3);
  await fetch(`${url}/deliveries`, { method: 'DELETE' });
  expect(simulator.deliveries()).toEqual([]);
});
