/**
 * The spend certificate: it says what was charged, it verifies with the published keys, and no
 * byte of it can be changed unnoticed.
 */
import { readSigningKeys, type SigningKeys } from '@forebay/api/intake/spend/signing-keys';
import {
  type SpendCertificate,
  type SpendKey,
  type SpendVerdict,
  verifySpendCertificate,
} from '@forebay/client';
import { parseJobId } from '@forebay/shared/domain/ids';
import { parseUsd } from '@forebay/shared/domain/money';
import { expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { archiveJobs } from '../support/archive-jobs.ts';
import { createApiClient } from '../support/http.ts';
import { answerJob, claimJob, failAttempt } from '../support/play-worker.ts';
import { useRedis } from '../support/redis.ts';
import { newSigningKey } from '../support/signing-key.ts';
import { archiveIn, testTenant } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const price = { id: 'p/alpha@2026-01-02', input: '1000000000', output: '4000000000' };
const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 },
  custom_id: 'row é',
};

async function setup(options: { signing?: SigningKeys | undefined } = {}) {
  const api = await startInProcessApi(redis().url, config, options);
  const client = await api.client('dev');
  const spend = async (id: string): Promise<string> => {
    const answer = await client.call(`/v1/jobs/${id}/spend`);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    return answer.text;
  };
  return { api, client, spend };
}

/** A first attempt of which nobody knows, a second one that was answered. */
async function paidTwice({ api, client }: Awaited<ReturnType<typeof setup>>): Promise<string> {
  const { id } = await client.submit(job);
  await claimJob(api, id, price);
  await failAttempt(api, id);
  await claimJob(api, id, price);
  await answerJob(api, id, { object: 'chat.completion' });
  return id;
}

async function keysOf(api: InProcessApi): Promise<readonly SpendKey[]> {
  // Open on purpose: whoever holds a certificate may verify it.
  const answer = await createApiClient({ url: api.url }).call('/v1/spend-keys');
  // The route's contract; a key that is none verifies nothing.
  return (answer.json() as { keys: readonly SpendKey[] }).keys;
}

function verified(text: string, keys: readonly SpendKey[]): SpendCertificate {
  const verdict = verifySpendCertificate(text, keys);
  if (verdict.kind === 'refused') throw new Error(`refused: ${verdict.reason}`);
  return verdict.certificate;
}

function reasonOf(verdict: SpendVerdict): string {
  return verdict.kind === 'refused' ? verdict.reason : 'none';
}

test('shows each attempt with price and charge, and adds up to the cost of the job', async () => {
  const stage = await setup();
  const id = await paidTwice(stage);
  const certificate = verified(await stage.spend(id), await keysOf(stage.api));
  expect(certificate).toMatchObject({
    ...{ status: 'final', job_id: id, tenant: 'dev', job_status: 'succeeded', custom_id: 'row é' },
    attempts: [
      { n: 1, deployment: 'alpha/main', outcome: 'cut', basis: 'worst_case', usage: null },
      {
        n: 2,
        outcome: 'succeeded',
        basis: 'exact',
        usage: { input_tokens: 1 },
        charged: '0.000000007',
      },
    ],
  });
  expect(certificate.attempts.map((line) => line.price)).toEqual([
    { ...price, unit: 'nano_usd' },
    { ...price, unit: 'nano_usd' },
  ]);
  const { raw } = await stage.client.read(id);
  // The job's contract, which other tests look at.
  const cost = raw['cost'] as { spent: string; unknown: string };
  const total = certificate.attempts
    .map(({ charged }) => parseUsd(charged ?? '0') ?? 0n)
    .reduce((sum, amount) => sum + amount, 0n);
  expect(total).toBe((parseUsd(cost.spent) ?? 0n) + (parseUsd(cost.unknown) ?? 0n));
  const { spent, unknown } = cost;
  expect(certificate.sums).toMatchObject({ spent, unknown, reserved: '0' });
});

test('is detected when any byte of it is changed, or a line of it is gone', async () => {
  const stage = await setup();
  const text = await stage.spend(await paidTwice(stage));
  const keys = await keysOf(stage.api);
  const certificate = verified(text, keys);
  const bytes = Buffer.from(text);
  for (let place = 0; place < bytes.length; place += 1) {
    const edited = Buffer.from(bytes);
    edited[place] = (bytes[place] ?? 0) ^ 1;
    expect(verifySpendCertificate(edited.toString(), keys).kind, `byte ${place}`).toBe('refused');
  }
  const [, second] = certificate.attempts;
  const shortened = { ...certificate, attempts: second === undefined ? [] : [second] };
  expect(reasonOf(verifySpendCertificate(shortened, keys))).toBe('no_match');
  const added = { ...certificate, note: 'paid' };
  expect(reasonOf(verifySpendCertificate(added, keys))).toBe('no_match');
  const doubled = text.replace('{"as_of"', '{"status":"provisional","as_of"');
  expect(reasonOf(verifySpendCertificate(doubled, keys))).toBe('not_canonical');
  expect(reasonOf(verifySpendCertificate(certificate, keys))).toBe('none');
});

test('counts only under a key that its reader trusts', async () => {
  const stage = await setup();
  const text = await stage.spend(await paidTwice(stage));
  const [key] = await keysOf(stage.api);
  const [stranger] = await keysOf((await setup()).api);
  if (key === undefined || stranger === undefined) throw new Error('no key is published');
  expect(reasonOf(verifySpendCertificate(text, []))).toBe('unknown_key');
  expect(reasonOf(verifySpendCertificate(text, [stranger]))).toBe('unknown_key');
  const disguised = { ...stranger, kid: key.kid };
  expect(reasonOf(verifySpendCertificate(text, [disguised]))).toBe('no_match');
});

test('is provisional while the job runs, and the same bytes for the same version', async () => {
  const stage = await setup();
  const { id } = await stage.client.submit(job);
  await claimJob(stage.api, id, price);
  const text = await stage.spend(id);
  expect(verified(text, await keysOf(stage.api))).toMatchObject({
    ...{ status: 'provisional', job_status: 'running', finished_at: null },
    attempts: [{ n: 1, ended_at: null, charged: null, basis: null }],
    sums: { spent: '0', unknown: '0', charged: '0' },
  });
  expect(await stage.spend(id)).toBe(text);
});

test('of an archived job is the same as before', async () => {
  const stage = await setup();
  const id = await paidTwice(stage);
  const before = await stage.spend(id);
  const parsed = parseJobId(id);
  if (parsed === undefined) throw new Error(`${id} is no job id`);
  const segments = archiveIn(`${stage.api.dataDir}/objects`);
  await archiveJobs(stage.api.store, segments, [{ tenant: testTenant, id: parsed }]);
  expect(await stage.spend(id)).toBe(before);
});

test('of a job that is foreign or missing is the same 404', async () => {
  const { api, client } = await setup();
  const { id } = await client.submit(job);
  const stranger = await api.client('other');
  const foreign = await stranger.call(`/v1/jobs/${id}/spend`);
  const missing = await stranger.call('/v1/jobs/job_01m82yqdy9f23sshx43senkmht/spend');
  expect(foreign.status).toBe(404);
  expect(missing.status).toBe(404);
});

test('stays verifiable after its key was replaced, while the old one is published', async () => {
  const [old, present] = [newSigningKey(), newSigningKey()];
  const first = await setup({ signing: readSigningKeys(old.privatePem, []) });
  const text = await first.spend(await paidTwice(first));
  const second = await setup({ signing: readSigningKeys(present.privatePem, [old.publicPem]) });
  const keys = await keysOf(second.api);
  expect(keys).toHaveLength(2);
  verified(text, keys);
  expect(reasonOf(verifySpendCertificate(text, keys.slice(0, 1)))).toBe('unknown_key');
});

test('is not issued without a key, and the refusal names the setting', async () => {
  const { api, client } = await setup({ signing: undefined });
  const { id } = await client.submit(job);
  const answer = await client.call(`/v1/jobs/${id}/spend`);
  expect(answer).toMatchObject({ status: 501, text: expect.stringContaining('SIGNING_KEY_FILE') });
  expect(answer.json()).toMatchObject({ code: 'not_configured' });
  expect(await keysOf(api)).toEqual([]);
});
