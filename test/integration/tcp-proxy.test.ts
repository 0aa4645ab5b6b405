import { connectResp, type RespClient } from '@forebay/cli/local/resp-client';
import { expect, onTestFinished, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { seededLoss, startTcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

async function clientOn(port: number): Promise<RespClient> {
  const client = await connectResp(port);
  onTestFinished(() => client.close());
  return client;
}

test('a lost reply ends the connection after the command took effect', async () => {
  const proxy = await startTcpProxy(redis().port);
  proxy.loseReplies((words) => words[0] === 'INCR');
  const client = await clientOn(proxy.port);

  await client.send('SET', 'kept', 'yes');
  await expect(client.send('INCR', 'counter')).rejects.toThrow(/closed the connection/);

  const direct = await clientOn(redis().port);
  expect(await direct.send('GET', 'counter')).toEqual({ kind: 'text', text: '1' });
  expect(proxy.lost).toEqual(['INCR']);
});

test('the same seed loses the same replies', () => {
  const run = (): boolean[] => {
    const choose = seededLoss(7, 0.3, () => true);
    return Array.from({ length: 200 }, () => choose(['EVALSHA']));
  };

  expect(run()).toEqual(run());
  const share = run().filter(Boolean).length / 200;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.4);
});

test('a black hole holds bytes back until it is healed', async () => {
  const proxy = await startTcpProxy(redis().port);
  const client = await clientOn(proxy.port);
  await client.send('PING');
  proxy.blackhole(true);
  let answered = false;
  const reply = client.send('PING').then(() => {
    answered = true;
  });

  const direct = await clientOn(redis().port);
  await direct.send('PING');
  expect(answered).toBe(false);
  proxy.blackhole(false);

  await reply;
});

test('a cut is seen by the client and new connections work', async () => {
  const proxy = await startTcpProxy(redis().port);
  const client = await clientOn(proxy.port);
  await client.send('PING');

  proxy.cut();

  await expect(client.send('PING')).rejects.toThrow(/closed/);
  const again = await waitUntil(() => connectResp(proxy.port), { what: 'a new connection' });
  expect(await again.send('PING')).toEqual({ kind: 'text', text: 'PONG' });
  again.close();
});
