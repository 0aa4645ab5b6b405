/** The ledger's streams in Redis, one for each shard. */
import { parseTenantId } from '../domain/ids.ts';
import { type LedgerLine, ledgerStart } from '../domain/ledger-line.ts';
import { limits } from '../domain/limits.ts';
import type { QualitySignal } from '../domain/quality-sum.ts';
import type { KeptSegment, LedgerSpan, LedgerStore, LedgerTail } from '../ports/ledger-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { readEntry } from './ledger-entry.ts';
import { seenField, userName } from './quality-names.ts';
import { asList, asText } from './reply.ts';
import { askStore, type ScriptArgument, type ScriptRunner } from './script-runner.ts';
import { serverTimeMs } from './server-time.ts';

export interface LedgerStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly clockOffsetMs: () => number;
}

type Entries = readonly [id: string, fields: string[]][];

type ReadRange = (
  shard: number,
  span: Pick<LedgerSpan, 'after' | 'last'>,
  count: number,
) => Promise<Entries>;

export function createLedgerStore(deps: LedgerStoreDeps): LedgerStore {
  const { client, scripts, keys } = deps;
  const range: ReadRange = (shard, span, count) =>
    askStore(() =>
      client.xrange(keys.ledger(shard), startAfter(span.after), span.last, 'COUNT', count),
    );
  const segmentedOf = async (shard: number): Promise<string> =>
    (await askStore(() => client.hget(keys.ledgerMarks(shard), 'segmented'))) ?? '';
  return {
    shardCount: keys.shardCount,
    shardOf: (tenant) => {
      const id = parseTenantId(tenant);
      return id === undefined ? 0 : keys.shardOf(id);
    },
    nowMs: () => serverTimeMs(deps),
    async oldestMs(shard) {
      const after = await segmentedOf(shard);
      const [oldest] = await range(shard, { after, last: '+' }, 1);
      return oldest === undefined ? undefined : millisecondsOf(oldest[0]);
    },
    async mark(shard, { linesMax, olderThanMs }) {
      const after = await segmentedOf(shard);
      const [oldest] = await range(shard, { after, last: '+' }, 1);
      if (oldest === undefined) return undefined;
      const [nowMs, waiting] = await Promise.all([
        serverTimeMs(deps),
        askStore(() => client.xlen(keys.ledger(shard))),
      ]);
      const isOld = nowMs - millisecondsOf(oldest[0]) >= olderThanMs;
      if (!isOld && waiting < linesMax) return undefined;
      const page = await range(shard, { after, last: '+' }, linesMax);
      // What the auditor has not summed up yet may stand there as well.
      if (!isOld && page.length < linesMax) return undefined;
      const last = page.at(-1)?.[0] ?? oldest[0];
      const reply = await scripts.run({
        script: 'ledger-mark',
        keys: [keys.ledgerMarks(shard)],
        args: [after, last],
      });
      const [kind, from = '', to = '', chain = ''] = asList(reply).map(asText);
      if (kind !== 'marked') return undefined;
      return { after: from, last: to, chain: chain === '' ? ledgerStart : chain };
    },
    read: (shard, span) => readSpan(deps, shard, span),
    commit: (shard, span, segment) => commitSpan(deps, { shard, span, segment }),
    ...createFollowing(deps, range),
    ...createSweeping(deps),
    async head(shard) {
      const [id, hash] = await askStore(() =>
        client.hmget(keys.ledgerMarks(shard), 'segmented', 'hash'),
      );
      return { id: id ?? '', hash: hash ?? ledgerStart };
    },
    async tail(shard, linesMax) {
      return readTail({ segmentedOf: () => segmentedOf(shard), linesMax }, (after, count) =>
        range(shard, { after, last: '+' }, count),
      );
    },
  };
}

interface CommittedSpan {
  readonly shard: number;
  readonly span: LedgerSpan;
  readonly segment: KeptSegment;
}

async function commitSpan(
  { scripts, keys }: LedgerStoreDeps,
  { shard, span, segment }: CommittedSpan,
): Promise<boolean> {
  const reply = await scripts.run({
    script: 'ledger-commit',
    keys: [keys.ledger(shard), keys.ledgerMarks(shard)],
    args: [
      span.last,
      segment.hash,
      limits.seenHalfLifeMs,
      limits.judgementKeepMs,
      ...segment.signals.flatMap(signalArguments),
    ],
  });
  return reply === 1;
}

function signalArguments(signal: QualitySignal): readonly ScriptArgument[] {
  const { tenant, user, model, task, attempts, flaws } = signal;
  const name = user === undefined ? '' : userName(user);
  return [tenant, name, seenField(model, task), attempts, flaws];
}

/** For who reads along, beside those who bring the lines to segments. */
function createFollowing(
  { client, keys }: LedgerStoreDeps,
  range: ReadRange,
): Pick<LedgerStore, 'follow' | 'noteFollowed'> {
  return {
    async follow(shard, linesMax) {
      const marks = keys.ledgerMarks(shard);
      const after = (await askStore(() => client.hget(marks, 'followed'))) ?? '';
      const entries = await range(shard, { after, last: '+' }, linesMax);
      return entries.map(([id, fields]) => readEntry(id, fields));
    },
    async noteFollowed(shard, lastId) {
      await askStore(() => client.hset(keys.ledgerMarks(shard), 'followed', lastId));
    },
  };
}

function createSweeping({
  client,
  scripts,
  keys,
}: LedgerStoreDeps): Pick<LedgerStore, 'swept' | 'sweep'> {
  return {
    async swept(shard) {
      const [id, hash] = await askStore(() =>
        client.hmget(keys.ledgerMarks(shard), 'swept', 'swept_hash'),
      );
      if (typeof id !== 'string') return undefined;
      return { id, hash: hash === '' ? undefined : (hash ?? ledgerStart) };
    },
    async sweep(shard, { id, hash }) {
      await scripts.run({
        script: 'ledger-sweep',
        keys: [keys.ledgerMarks(shard)],
        args: [id, hash ?? ''],
      });
    },
  };
}

/** Entries read at once; the server is busy with them meanwhile. */
const pageEntries = 1_000;

async function readSpan(
  { client, keys }: LedgerStoreDeps,
  shard: number,
  span: LedgerSpan,
): Promise<readonly LedgerLine[]> {
  const lines: LedgerLine[] = [];
  for (let after = span.after; ; ) {
    const page = await askStore(() =>
      client.xrange(keys.ledger(shard), startAfter(after), span.last, 'COUNT', pageEntries),
    );
    lines.push(...page.map(([id, fields]) => readEntry(id, fields)));
    const last = page.at(-1)?.[0];
    if (last === undefined || page.length < pageEntries) break;
    after = last;
  }
  // Committed and trimmed by somebody else while it was read: a part must not pass for all.
  const segmented = await askStore(() => client.hget(keys.ledgerMarks(shard), 'segmented'));
  return (segmented ?? '') === span.after ? lines : [];
}

interface TailNeeds {
  readonly segmentedOf: () => Promise<string>;
  readonly linesMax: number;
}

/** Entries leave only after a commit: what was read between two equal marks is whole. */
async function readTail(
  { segmentedOf, linesMax }: TailNeeds,
  range: (after: string, count: number) => Promise<Entries>,
): Promise<LedgerTail> {
  for (;;) {
    const segmented = await segmentedOf();
    const entries: [string, string[]][] = [];
    let isWhole = false;
    while (!isWhole && entries.length < linesMax) {
      const page = await range(entries.at(-1)?.[0] ?? segmented, pageEntries);
      entries.push(...page);
      isWhole = page.length < pageEntries;
    }
    if ((await segmentedOf()) !== segmented) continue;
    const lines = entries.map(([id, fields]) => readEntry(id, fields));
    return { segmented, lines, isWhole };
  }
}

function startAfter(id: string): string {
  return id === '' ? '-' : `(${id}`;
}

function millisecondsOf(id: string): number {
  return Number(id.split('-')[0]);
}
