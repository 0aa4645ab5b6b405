/** Checks of the Redis behind an installation. A cluster is as good as its worst master. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { inspectStore, type ServerFacts } from '@forebay/shared/redis/inspect-store';
import { type Finding, type NamedFinding, ok, skipped, wrong } from './finding.ts';
import { isAtLeast } from './is-at-least.ts';

/** Well within the five minutes that receivers of webhooks allow. */
const skewMsMax = 5_000;

const judges: readonly (readonly [string, (server: ServerFacts, readAtMs: number) => Finding])[] = [
  ['redis version', judgeVersion],
  ['redis eviction', judgeEviction],
  ['redis persistence', judgePersistence],
  ['clock against redis', judgeSkew],
];

/** @param nowMs the clock of this machine, milliseconds since 1970 */
export async function checkStore(
  url: string,
  nowMs: () => number,
): Promise<readonly NamedFinding[]> {
  let servers: readonly ServerFacts[];
  try {
    servers = await inspectStore(url);
  } catch (error) {
    const detail = ForebayError.is(error) ? error.message : 'Redis does not answer.';
    const finding = wrong(detail, 'Start Redis, or set REDIS_URL to where it is.');
    const rest = judges.map(([name]) => ({ name, finding: skipped('Redis does not answer') }));
    return [{ name: 'redis', finding }, ...rest];
  }
  const readAtMs = nowMs();
  const count = servers.length === 1 ? 'a single server' : `a cluster of ${servers.length} masters`;
  return [
    { name: 'redis', finding: ok(count) },
    ...judges.map(([name, judge]) => {
      const findings = servers.map((server) => judge(server, readAtMs));
      const worst = findings.find(({ status }) => status === 'wrong') ?? findings[0];
      return { name, finding: worst ?? skipped('no server to ask') };
    }),
  ];
}

export function judgeVersion({ version, isValkey, name }: ServerFacts): Finding {
  if (isValkey || isAtLeast(version, '6.2'))
    return ok(`${isValkey ? 'Valkey' : 'Redis'} ${version}`);
  return wrong(`${name} is Redis ${version}`, 'Use Redis 6.2 or newer, or Valkey.');
}

export function judgeEviction({ evictionPolicy, name }: ServerFacts): Finding {
  if (evictionPolicy === 'noeviction') return ok('noeviction');
  return wrong(
    `${name} would delete jobs when memory runs short: ${evictionPolicy}`,
    'Set it with "CONFIG SET maxmemory-policy noeviction" and in redis.conf.',
  );
}

export function judgePersistence({ appendsToDisk, appendFsync, name }: ServerFacts): Finding {
  if (!appendsToDisk) {
    return wrong(
      `${name} does not append to disk: a restart loses accepted jobs`,
      'Set it with "CONFIG SET appendonly yes" and in redis.conf.',
    );
  }
  if (appendFsync === 'no') {
    return wrong(
      `${name} never syncs its file: a power cut loses accepted jobs`,
      'Set it with "CONFIG SET appendfsync everysec", or always, and in redis.conf.',
    );
  }
  return ok(`append-only file, fsync ${appendFsync ?? 'not told'}`);
}

export function judgeSkew({ nowMs, name }: ServerFacts, readAtMs: number): Finding {
  const skewMs = Math.abs(readAtMs - nowMs);
  const text = `${(skewMs / 1_000).toFixed(1)} s apart`;
  if (skewMs <= skewMsMax) return ok(text);
  return wrong(`${name} and this machine are ${text}`, 'Run a time service (NTP) on both.');
}
