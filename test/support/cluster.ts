/** A real Redis Cluster of three masters for the tests of one file. */
import { type RedisCluster, startRedisCluster } from '@forebay/cli/local/redis-cluster';
import { afterAll, beforeAll } from 'vitest';
import { endWithThisProcess } from './redis.ts';
import { makeFolder, removeFolder } from './scratch-folder.ts';

/** Registers hooks that start the cluster before the file's tests and end it after them. */
export function useRedisCluster(): () => RedisCluster {
  const folder = makeFolder('cluster');
  let cluster: RedisCluster | undefined;
  beforeAll(async () => {
    cluster = await startRedisCluster({ dataDir: folder, masters: 3 });
    cluster.nodes.forEach(endWithThisProcess);
  });
  afterAll(async () => {
    await cluster?.stop();
    removeFolder(folder);
  });
  return () => {
    if (cluster === undefined) throw new Error('the cluster is up only inside tests');
    return cluster;
  };
}
