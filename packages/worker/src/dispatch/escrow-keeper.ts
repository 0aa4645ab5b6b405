/**
 * Lends the budgets of all tenants to the shards, any number of dispatchers at once. What one
 * budget's money does is in `keep-escrow.ts`; this file tells the shards of the budgets and goes
 * through them, and tells operators how the budgets stand. Without a global budget a round is one
 * look at one key.
 */
import { type OpenAccount, openAccounts } from '@forebay/shared/budgets/escrow-accounts';
import { newToken } from '@forebay/shared/domain/ids';
import type { EscrowStore, ShardPart } from '@forebay/shared/ports/escrow-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { WorkerEvents } from '../worker-events.ts';
import { keepEscrow } from './keep-escrow.ts';
import { createThresholdWatch, type SeenBudget } from './watch-thresholds.ts';

export interface EscrowKeeperDeps {
  readonly escrow: EscrowStore;
  readonly clock: Clock;
  readonly sweepIntervalMs: number;
  readonly events: WorkerEvents;
}

export function createEscrowKeeper(deps: EscrowKeeperDeps): Service {
  const { escrow, events } = deps;
  // Dispatchers that start together shall not all favour the same shard.
  let turn = Math.floor(deps.clock.random() * escrow.shardCount);
  let taughtVersion = 0;
  const thresholds = createThresholdWatch({ escrow, events, mark: newToken('keeper') });
  return createLoop({
    name: 'escrow-keeper',
    clock: deps.clock,
    intervalMs: deps.sweepIntervalMs,
    onRound: (durationMs) => events.emit('loop.round', { loop: 'escrow-keeper', durationMs }),
    onError: (error) => events.emit('loop.failed', { loop: 'escrow-keeper', error }),
    async round() {
      turn += 1;
      const kept = await keepAll(escrow, { turn, taughtVersion });
      taughtVersion = kept.taughtVersion;
      await thresholds.look(kept.seen);
      return false;
    },
  });
}

export interface KeptBudgets {
  /** Version of the budgets that all shards know. */
  readonly taughtVersion: number;
  /** How each stands in its present window. */
  readonly seen: readonly SeenBudget[];
}

export async function keepAll(
  escrow: EscrowStore,
  { turn, taughtVersion }: { readonly turn: number; readonly taughtVersion: number },
): Promise<KeptBudgets> {
  const { terms, nowMs } = await escrow.read();
  if (terms.budgets.length === 0 && terms.version === taughtVersion) {
    return { taughtVersion, seen: [] };
  }
  const accounts = openAccounts(terms.budgets, nowMs);
  const numbers = Array.from({ length: escrow.shardCount }, (_, shard) => shard);
  const shards = await Promise.all(numbers.map((shard) => escrow.readShard(shard, accounts)));
  const seen: SeenBudget[] = [];
  for (const [index, account] of accounts.entries()) {
    const parts = shards.flatMap((shard) => shard.parts[index] ?? []);
    await keepEscrow(escrow, { account, parts, turn });
    if (account.isPresent) seen.push(seeBudget(account, parts));
  }
  // Only now: a shard that knows of a budget has something of it to begin with.
  const ignorant = numbers.filter((shard) => (shards[shard]?.termsVersion ?? 0) < terms.version);
  await Promise.all(ignorant.map((shard) => escrow.teach(shard, terms)));
  return { taughtVersion: terms.version, seen };
}

function seeBudget(account: OpenAccount, parts: readonly ShardPart[]): SeenBudget {
  const sum = (of: (part: ShardPart) => bigint): bigint =>
    parts.reduce((total, part) => total + of(part), 0n);
  return {
    account,
    reserved: sum(({ reserved }) => reserved),
    spent: sum(({ spent }) => spent),
    unknown: sum(({ unknown }) => unknown),
  };
}
