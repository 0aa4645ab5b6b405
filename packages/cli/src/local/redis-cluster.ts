/** A Redis Cluster of masters without replicas on this machine, for tests and proofs. */
import { join } from 'node:path';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import { type RedisProcess, type RedisServerOptions, startRedisServer } from './redis-server.ts';
import { connectResp, type RespReply } from './resp-client.ts';

export interface RedisClusterOptions {
  readonly dataDir: string;
  readonly masters: number;
  /** `no` when not given: the operating system writes back on its own. */
  readonly appendfsync?: RedisServerOptions['appendfsync'];
}

export interface RedisCluster {
  /** The address of one node; clients learn the others from it. */
  readonly url: string;
  readonly nodes: readonly RedisProcess[];
  stop(): Promise<void>;
}

const slotCount = 16_384;
const formTimeoutMs = 30_000;
const formPollMs = 50;

/** Starts the masters, spreads the slots evenly and waits until every node agrees. */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const nodes: RedisProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let index = 0; index < options.masters; index += 1) {
      const dataDir = join(options.dataDir, `node-${index}`);
      const appendfsync = options.appendfsync ?? 'no';
      nodes.push(await startRedisServer({ dataDir, appendfsync, clusterEnabled: true }));
    }
    await formCluster(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const first = nodes[0];
  if (first === undefined) throw new ForebayError('internal', 'a cluster needs a master');
  return { url: first.url, nodes, stop };
}

async function formCluster(nodes: readonly RedisProcess[]): Promise<void> {
  const share = Math.ceil(slotCount / nodes.length);
  const firstPort = String(nodes[0]?.port ?? 0);
  for (const [index, node] of nodes.entries()) {
    const from = index * share;
    const to = Math.min(from + share, slotCount) - 1;
    const known = await ask(node.port, ['CLUSTER', 'INFO']);
    // A restarted node still knows its slots.
    if (!known.includes('cluster_slots_assigned:0')) continue;
    const slots = Array.from({ length: to - from + 1 }, (_, offset) => String(from + offset));
    await ask(node.port, ['CLUSTER', 'ADDSLOTS', ...slots]);
    await ask(node.port, ['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)]);
    if (index > 0) await ask(node.port, ['CLUSTER', 'MEET', '127.0.0.1', firstPort]);
  }
  const deadlineMs = systemClock.monotonicMs() + formTimeoutMs;
  while (!(await everyNodeAgrees(nodes))) {
    if (systemClock.monotonicMs() > deadlineMs) {
      throw new ForebayError('store_unavailable', 'the Redis cluster did not form in 30 s');
    }
    await wait(systemClock, formPollMs, new AbortController().signal);
  }
}

async function everyNodeAgrees(nodes: readonly RedisProcess[]): Promise<boolean> {
  for (const node of nodes) {
    const info = await ask(node.port, ['CLUSTER', 'INFO']);
    if (!info.includes('cluster_state:ok')) return false;
    if (!info.includes(`cluster_known_nodes:${nodes.length}`)) return false;
    if (!info.includes(`cluster_slots_ok:${slotCount}`)) return false;
  }
  return true;
}

async function ask(port: number, words: readonly string[]): Promise<string> {
  const client = await connectResp(port);
  try {
    return textOf(await client.send(...words), words);
  } finally {
    client.close();
  }
}

function textOf(reply: RespReply, words: readonly string[]): string {
  if (reply.kind === 'text') return reply.text;
  const command = words.slice(0, 2).join(' ');
  const reason = reply.kind === 'error' ? reply.text : `a reply of kind ${reply.kind}`;
  throw new ForebayError('store_unavailable', `${command} failed: ${reason}`);
}
