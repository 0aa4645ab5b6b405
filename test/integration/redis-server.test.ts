import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedisCluster } from '@forebay/cli/local/redis-cluster';
import { type RedisProcess, startRedisServer } from '@forebay/cli/local/redis-server';
import { connectResp } from '@forebay/cli/local/resp-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder: string;
const started: { stop(): Promise<void> }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forebay-redis-server-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(appendfsync: 'always' | 'no'): Promise<RedisProcess> {
  const server = await startRedisServer({ dataDir: folder, appendfsync });
  started.push(server);
  return server;
}

async function ask(port: number, ...words: string[]): Promise<unknown> {
  const client = await connectResp(port);
  const reply = await client.send(...words);
  client.close();
  return reply;
}

describe('a Redis server of our own', () => {
  test('never evicts and syncs as asked', async () => {
    const server = await start('always');

    const policy = await ask(server.port, 'CONFIG', 'GET', 'maxmemory-policy');
    const sync = await ask(server.port, 'CONFIG', 'GET', 'appendfsync');

    expect(JSON.stringify(policy)).toContain('noeviction');
    expect(JSON.stringify(sync)).toContain('always');
  });

  test('has what it acknowledged after being killed', async () => {
    const first = await start('always');
    await ask(first.port, 'SET', 'key', 'kept');

    await first.kill('SIGKILL');
    const second = await start('always');

    expect(await ask(second.port, 'GET', 'key')).toEqual({ kind: 'text', text: 'kept' });
  });

  test('replaces a server that was left behind on the same folder', async () => {
    const abandoned = await start('no');
    await ask(abandoned.port, 'SET', 'key', 'kept');

    const next = await start('no');

    await abandoned.exited;
    expect(await ask(next.port, 'GET', 'key')).toEqual({ kind: 'text', text: 'kept' });
  });

  test('says what is wrong when it cannot start', async () => {
    const attempt = startRedisServer({
      dataDir: folder,
      appendfsync: 'no',
      extraLines: ['no-such-setting 1'],
    });

    await expect(attempt).rejects.toThrow(/no-such-setting/);
  });

  test('forms a cluster of three masters that covers all slots', async () => {
    const cluster = await startRedisCluster({ dataDir: folder, masters: 3 });
    started.push(cluster);

    const states = await Promise.all(
      cluster.nodes.map((node) => ask(node.port, 'CLUSTER', 'INFO')),
    );

    expect(states).toHaveLength(3);
    for (const state of states) expect(JSON.stringify(state)).toContain('cluster_state:ok');
  });
});
