/** Budgets of all tenants in Redis: a book on a slot of its own, and a part on each shard. */
import { presentAccount } from '../budgets/escrow-accounts.ts';
import { ForebayError } from '../domain/forebay-error.ts';
import type {
  EscrowAccount,
  GlobalBudget,
  GlobalFigures,
  GlobalTerms,
} from '../domain/global-budget.ts';
import type { NanoUsd } from '../domain/money.ts';
import type {
  BookChange,
  EscrowStore,
  Grant,
  PartChange,
  ShardEscrow,
  ShardPart,
} from '../ports/escrow-store.ts';
import type { RedisClient } from './connection.ts';
import { decodeGlobalTerms, encodeGlobalTerms } from './global-terms-codec.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';
import { serverTimeMs } from './server-time.ts';
import { writeRecord } from './write-record.ts';

export interface EscrowStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly clockOffsetMs: () => number;
}

/** How often an edit is tried again that somebody else was faster than. */
const triesMax = 100;
/** How long a book is kept after its window has ended. */
const bookKeptMs = 24 * 3_600_000;

export function createEscrowStore(deps: EscrowStoreDeps): EscrowStore {
  const { client, keys } = deps;
  return {
    shardCount: keys.shardCount,
    read: () => read(deps),
    edit: (edit) => editTerms(deps, edit),
    figures: () => readFigures(deps),
    readShard: (shard, accounts) => readShard(deps, shard, accounts),
    teach: (shard, terms) => teach(deps, shard, terms),
    async readBook(account) {
      const book = await askStore(() => client.hgetall(keys.escrowBook(account)));
      const shards = Object.entries(book).filter(([field]) => /^\d+$/.test(field));
      return new Map(shards.map(([shard, text]) => [Number(shard), decodeGrant(text)]));
    },
    async noteThreshold(account, { percent, limitNanoUsd, mark }) {
      const book = keys.escrowBook(account);
      const field = `told:${percent}:${limitNanoUsd}`;
      await askStore(() => client.hsetnx(book, field, mark));
      return (await askStore(() => client.hget(book, field))) === mark;
    },
    changeBook: (account, change) => changeBook(deps, account, change),
    changePart: (account, change) => changePart(deps, account, change),
  };
}

async function read(deps: EscrowStoreDeps) {
  const { client, keys } = deps;
  return askStore(async () => {
    const nowMs = await serverTimeMs(deps);
    const text = await client.hget(keys.escrow, 'terms');
    return { nowMs, terms: decodeGlobalTerms(text ?? '') };
  });
}

async function editTerms(
  deps: EscrowStoreDeps,
  edit: (budgets: readonly GlobalBudget[]) => readonly GlobalBudget[],
): Promise<GlobalTerms> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const { terms, nowMs } = await read(deps);
    const next = { version: terms.version + 1, budgets: edit(terms.budgets) };
    const written = await writeRecord(deps.scripts, {
      hash: deps.keys.escrow,
      field: 'terms',
      version: next.version,
      json: encodeGlobalTerms(next, nowMs),
    });
    if (written === 'written') return next;
  }
  throw new ForebayError('store_unavailable', 'Others change the same budgets all the time.', {
    retryAfterSeconds: 1,
  });
}

async function readFigures(deps: EscrowStoreDeps): Promise<readonly GlobalFigures[]> {
  const { terms, nowMs } = await read(deps);
  const accounts = terms.budgets.map((budget) => presentAccount(budget, nowMs));
  const numbers = Array.from({ length: deps.keys.shardCount }, (_, shard) => shard);
  const shards = await Promise.all(numbers.map((shard) => readShard(deps, shard, accounts)));
  return terms.budgets.map((budget, index) => {
    const parts = shards.flatMap(({ parts }) => parts[index] ?? []);
    const sum = (of: (part: ShardPart) => NanoUsd) =>
      parts.reduce((total, part) => total + of(part), 0n);
    return {
      budget,
      renewsAtMs: accounts[index]?.untilMs,
      granted: sum(({ granted }) => granted),
      reserved: sum(({ reserved }) => reserved),
      spent: sum(({ spent }) => spent),
      unknown: sum(({ unknown }) => unknown),
    };
  });
}

async function readShard(
  { scripts, keys }: EscrowStoreDeps,
  shard: number,
  accounts: readonly EscrowAccount[],
): Promise<ShardEscrow> {
  const reply = await scripts.run({
    script: 'escrow-figures',
    keys: [keys.escrowTerms(shard)],
    args: accounts.flatMap(({ budget, window }) => [budget, window]),
  });
  const [version, ...parts] = asList(reply);
  return { termsVersion: Number(asText(version)), parts: parts.map(decodePart) };
}

function decodePart(reply: unknown): ShardPart {
  const [version = '', ...amounts] = asList(reply).map(asText);
  const amount = (index: number): NanoUsd => BigInt(amounts[index] || '0');
  return {
    version: Number(version),
    granted: amount(0),
    reserved: amount(1),
    spent: amount(2),
    unknown: amount(3),
    wanted: amount(4),
    largest: amount(5),
  };
}

async function teach(deps: EscrowStoreDeps, shard: number, terms: GlobalTerms): Promise<void> {
  const { scripts, keys } = deps;
  const nowMs = await askStore(() => serverTimeMs(deps));
  await scripts.run({
    script: 'escrow-teach',
    keys: [keys.escrowTerms(shard), keys.escrowLine(shard), keys.due(shard)],
    args: [terms.version, encodeGlobalTerms(terms, nowMs)],
  });
}

async function changeBook(
  { scripts, keys }: EscrowStoreDeps,
  account: EscrowAccount,
  { shard, seen, step, amount }: BookChange,
): Promise<Grant> {
  const reply = await scripts.run({
    script: 'escrow-book',
    keys: [keys.escrowBook(account), keys.escrow],
    args: [
      account.budget,
      shard,
      seen,
      step,
      amount.toString(),
      account.untilMs === undefined ? '' : account.untilMs + bookKeptMs,
    ],
  });
  return decodeGrant(asText(reply));
}

/** `version|granted|target`; the target is empty while nothing is asked back. */
function decodeGrant(text: string): Grant {
  const [version = '', granted = '', target = ''] = text.split('|');
  return {
    version: Number(version),
    granted: BigInt(granted),
    target: target === '' ? undefined : BigInt(target),
  };
}

async function changePart(
  { scripts, keys }: EscrowStoreDeps,
  { budget, window }: EscrowAccount,
  { shard, version, granted, hope, room }: PartChange & { readonly shard: number },
) {
  const reply = await scripts.run({
    script: 'escrow-part',
    keys: [keys.escrowPart(shard, budget), keys.escrowLine(shard), keys.due(shard)],
    args: [window, version, granted.toString(), hope.toString(), room.toString()],
  });
  const [stands, amount] = asList(reply).map(asText);
  return { version: Number(stands), granted: BigInt(amount || '0') };
}
