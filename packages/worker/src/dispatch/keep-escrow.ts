/**
 * One look at one window of a global budget: finishes what somebody has begun, asks money back
 * where it lies idle, and grants it where jobs wait. Any number of dispatchers may do so at once
 * and die between any two calls: each call is checked by its version, and the next look, whoever's,
 * finds what was begun in the book (E1, E2 in ports/escrow-store.ts).
 *
 *  - grant: the book, then the shard
 *  - recall: asked for in the book, then the shard gives what it does not use, then the book
 */
import type { OpenAccount } from '@forebay/shared/budgets/escrow-accounts';
import type { NanoUsd } from '@forebay/shared/domain/money';
import type {
  BookChange,
  EscrowStore,
  Grant,
  Outlook,
  ShardPart,
} from '@forebay/shared/ports/escrow-store';
import { type PartView, type PlannedPart, planGrants, planRecalls } from './plan-grants.ts';

export type KeptEscrow = Pick<EscrowStore, 'readBook' | 'changeBook' | 'changePart'>;

export interface EscrowLook {
  readonly account: OpenAccount;
  /** What each shard says, by its number. */
  readonly parts: readonly ShardPart[];
  readonly turn: number;
}

interface Part extends ShardPart {
  readonly shard: number;
  readonly grant: Grant;
}

interface Work {
  readonly store: KeptEscrow;
  readonly account: OpenAccount;
  readonly outlook: Outlook;
}

const nothingGranted: Grant = { version: 0, granted: 0n, target: undefined };

export async function keepEscrow(store: KeptEscrow, look: EscrowLook): Promise<void> {
  const { account, turn } = look;
  const book = await store.readBook(account);
  const read = look.parts.map((part, shard) => ({
    ...part,
    shard,
    grant: book.get(shard) ?? nothingGranted,
  }));
  const work: Work = { store, account, outlook: outlookOf(account, read) };
  const { limitNanoUsd } = account;
  const viewOfAll = (parts: readonly Part[]) => ({ limitNanoUsd, parts: parts.map(viewOf), turn });
  const finished = await Promise.all(read.map((part) => finish(work, part)));
  const recalls = planRecalls(viewOfAll(finished));
  const recalled = await changeAll(work, finished, { planned: recalls, step: 'recall' });
  const grants = planGrants(viewOfAll(recalled));
  const parts = await changeAll(work, recalled, { planned: grants, step: 'raise' });
  const granted = new Set(grants.map(({ shard }) => shard));
  const waiting = parts.filter(({ wanted, shard }) => wanted > 0n && !granted.has(shard));
  // They get nothing now, and shall know whether they may hope.
  await Promise.all(waiting.map((part) => carryOut(work, part)));
}

interface Changes {
  readonly planned: readonly PlannedPart[];
  readonly step: BookChange['step'];
}

async function changeAll(
  work: Work,
  parts: readonly Part[],
  { planned, step }: Changes,
): Promise<readonly Part[]> {
  const amounts = new Map(planned.map(({ shard, amount }) => [shard, amount]));
  return Promise.all(
    parts.map(async (part) => {
      const { shard } = part;
      const amount = amounts.get(shard);
      if (amount === undefined) return part;
      const change = { shard, seen: part.grant.version, step, amount };
      return finish(work, { ...part, grant: await work.store.changeBook(work.account, change) });
    }),
  );
}

/** Does on the shard what the book says, and notes in the book what a recall has brought. */
async function finish(work: Work, part: Part): Promise<Part> {
  const { grant, shard } = part;
  if (grant.version === part.version && grant.target === undefined) return part;
  const stands = await carryOut(work, part);
  if (grant.target === undefined) return { ...part, ...stands };
  const settled = await work.store.changeBook(work.account, {
    shard,
    seen: grant.version,
    step: 'settle',
    amount: stands.granted,
  });
  return { ...part, ...stands, grant: settled };
}

function carryOut({ store, account, outlook }: Work, { shard, grant }: Part) {
  const { version, granted, target } = grant;
  return store.changePart(account, { shard, version, granted: target ?? granted, ...outlook });
}

function outlookOf({ limitNanoUsd }: OpenAccount, parts: readonly ShardPart[]): Outlook {
  const charged = parts.reduce((sum, { spent, unknown }) => sum + spent + unknown, 0n);
  const reserved = parts.reduce((sum, part) => sum + part.reserved, 0n);
  const atLeastNothing = (amount: NanoUsd): NanoUsd => (amount > 0n ? amount : 0n);
  return {
    hope: atLeastNothing(limitNanoUsd - charged),
    room: atLeastNothing(limitNanoUsd - charged - reserved),
  };
}

function viewOf({ shard, grant, reserved, spent, unknown, wanted, largest }: Part): PartView {
  return { shard, granted: grant.granted, used: reserved + spent + unknown, wanted, largest };
}
