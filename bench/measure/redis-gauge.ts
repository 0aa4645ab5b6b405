/** Redis' own counters, read before and after what is measured. */
import { connectResp, type RespClient, type RespReply } from '@forebay/cli/local/resp-client';

/** Counters since the server's start; differences of two readings are what a run cost. */
export interface RedisReading {
  readonly cpuSeconds: number;
  /** Commands executed, those inside scripts among them. */
  readonly commands: number;
  /** Script calls. */
  readonly scripts: number;
  /** Times that the server read from a socket: round trips, where a pipeline is one. */
  readonly reads: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly memoryBytes: number;
  readonly appendOnlyBytes: number;
}

export interface RedisGauge {
  readonly version: string;
  read(): Promise<RedisReading>;
  /** A number that a command replies with. */
  count(...command: readonly string[]): Promise<number>;
  /** A list of texts that a command replies with; `undefined` for what is missing. */
  list(...command: readonly string[]): Promise<readonly (string | undefined)[]>;
  close(): void;
}

export async function openRedisGauge(port: number): Promise<RedisGauge> {
  const client = await connectResp(port);
  const info = async (): Promise<string> => textOf(await client.send('INFO', 'everything'));
  const version = field(await info(), 'redis_version');
  return {
    version,
    read: async () => readingFrom(await info()),
    count: async (...command) => Number(textOf(await client.send(...command))),
    list: (...command) => listOf(client, command),
    close: () => client.close(),
  };
}

async function listOf(
  client: RespClient,
  command: readonly string[],
): Promise<readonly (string | undefined)[]> {
  const reply = await client.send(...command);
  if (reply.kind !== 'list') throw new Error(`${command[0]} did not reply with a list`);
  return reply.items.map((item) => (item.kind === 'text' ? item.text : undefined));
}

function textOf(reply: RespReply): string {
  if (reply.kind === 'text') return reply.text;
  throw new Error(`Redis replied with ${reply.kind === 'error' ? reply.text : reply.kind}`);
}

function readingFrom(info: string): RedisReading {
  const number = (name: string): number => Number(field(info, name));
  return {
    cpuSeconds: number('used_cpu_user') + number('used_cpu_sys'),
    commands: number('total_commands_processed'),
    scripts: callsOf(info, 'evalsha') + callsOf(info, 'eval'),
    reads: number('total_reads_processed'),
    bytesIn: number('total_net_input_bytes'),
    bytesOut: number('total_net_output_bytes'),
    memoryBytes: number('used_memory'),
    appendOnlyBytes: number('aof_current_size'),
  };
}

function field(info: string, name: string): string {
  const found = new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (found === undefined) throw new Error(`INFO does not tell ${name}`);
  return found;
}

/** 0 for a command that was never called. */
function callsOf(info: string, command: string): number {
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
