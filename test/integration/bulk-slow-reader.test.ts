/** A caller of the bulk route that sends, and does not read the replies. */
import { once } from 'node:events';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

/** Bad lines: their replies are as long as they are, and the store has no work with them. */
const line = `${JSON.stringify({ custom_id: '€'.repeat(512) })}\n`;
const pieceLines = 40;
const pieceCount = 500;
const lineCount = pieceLines * pieceCount;

/** Whether something has not moved for a while. */
function standsStill(read: () => number): () => boolean {
  const looks = 25;
  let before = -1;
  let still = 0;
  return () => {
    const now = read();
    still = now === before && now > 0 ? still + 1 : 0;
    before = now;
    return still === looks;
  };
}

test('holds up the sender, and reads the rest once the caller reads on', async () => {
  const api = await startInProcessApi(redis().url, config);
  const key = await api.newKey('dev');
  const outgoing = request(`${api.url}/v1/jobs:bulk`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    agent: false,
  });
  const answered = once(outgoing, 'response');
  const piece = line.repeat(pieceLines);
  let piecesSent = 0;
  const sending = (async (): Promise<void> => {
    for (; piecesSent < pieceCount; piecesSent += 1) {
      if (!outgoing.write(piece)) await once(outgoing, 'drain');
    }
    outgoing.end();
  })();
  const [response] = await answered;
  await waitUntil(
    standsStill(() => piecesSent),
    { what: 'the sender to be held up', timeoutMs: 30_000 },
  );
  // The sockets of both directions hold several megabytes; the api itself holds little.
  expect(piecesSent).toBeLessThan(0.75 * pieceCount);

  let text = '';
  response.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  await Promise.all([once(response, 'end'), sending]);
  const replies = text.trimEnd().split('\n');
  expect(replies).toHaveLength(lineCount + 1);
  expect(JSON.parse(replies.at(-1) ?? '')).toMatchObject({
    summary: { lines: lineCount, rejected: lineCount, outcome: 'completed' },
  });
});
