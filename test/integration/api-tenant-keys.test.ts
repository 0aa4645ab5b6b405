/** What an API key may do, and how a job remembers which key made it. */
import { parseApiKey } from '@forebay/shared/keys/api-key';
import { describe, expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { sendBulk } from '../support/bulk-client.ts';
import { bulkJob, ndjson } from '../support/bulk-jobs.ts';
import { createApiClient } from '../support/http.ts';
import { textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

async function setup() {
  const api = await startInProcessApi(redis().url, config);
  const newCaller = async () => {
    const key = await api.newKey('dev');
    const keyId = parseApiKey(key)?.keyId;
    return { key, keyId, client: createApiClient({ url: api.url, key }) };
  };
  return { api, newCaller };
}

describe('the key that submitted a job', () => {
  test('stands on it, however the job came in', async () => {
    const { api, newCaller } = await setup();
    const one = await newCaller();
    const { id } = await one.client.submit(bulkJob());
    const bulk = await sendBulk({ url: api.url, key: one.key }, ndjson([bulkJob('row-1')]));
    for (const jobId of [id, bulk.lines[0]?.id ?? '']) {
      expect((await one.client.read(jobId)).raw).toMatchObject({ key_id: one.keyId });
    }
  });

  test('is the one that retries, not the one that came first', async () => {
    const { newCaller } = await setup();
    const [first, second] = [await newCaller(), await newCaller()];
    const { id } = await first.client.submit(bulkJob());
    await first.client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const answer = await second.client.call(`/v1/jobs/${id}/retry`, { method: 'POST' });
    expect(answer.json()).toMatchObject({ key_id: second.keyId, retry_of: id });
    const again = textMember(answer.json(), 'id');
    expect((await first.client.read(again)).raw).toMatchObject({ key_id: second.keyId });
    expect((await first.client.read(id)).raw).toMatchObject({ key_id: first.keyId });
  });
});
