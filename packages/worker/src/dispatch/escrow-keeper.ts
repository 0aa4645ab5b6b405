/**
 * Lends the budgets of all tenants to the shards, any number of dispatchers at once. What one
 * budget's money does is in `keep-escrow.ts`; this file tells the shards of the budgets and goes
 * through them. Without a global budget a round is one look at one key.
 */
import { openAccounts } from '@forebay/shared/budgets/escrow-accounts';
import type { EscrowStore } from '@forebay/shared/ports/escrow-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { WorkerEvents } from '../worker-events.ts';
import { keepEscrow } from './keep-escrow.ts';

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
  return createLoop({
    name: 'escrow-keeper',
    clock: deps.clock,
    intervalMs: deps.sweepIntervalMs,
    onRound: (durationMs) => events.emit('loop.round', { loop: 'escrow-keeper', durationMs }),
    onError: (error) => events.emit('loop.failed', { loop: 'escrow-keeper', error }),
    async round() {
      turn += 1;
      taughtVersion = await keepAll(escrow, { turn, taughtVersion });
      return false;
    },
  });
}

/** @returns the version of the budgets that all shards know. */
export async function keepAll(
  escrow: EscrowStore,
  { turn, taughtVersion }: { readonly turn: number; readonly taughtVersion: number },
): Promise<number> {
  const { terms, nowMs } = await escrow.read();
  if (terms.budgets.length === 0 && terms.version === taughtVersion) return taughtVersion;
  const accounts = openAccounts(terms.budgets, nowMs);
  const numbers = Array.from({ length: escrow.shardCount }, (_, shard) => shard);
  const shards = await Promise.all(numbers.map((shard) => escrow.readShard(shard, accounts)));
  for (const [index, account] of accounts.entries()) {
    const parts = shards.flatMap((shard) => shard.parts[index] ?? []);
    await keepEscrow(escrow, { account, parts, turn });
  }
  // Only now: a shard that knows of a budget has something of it to begin with.
  const ignorant = numbers.filter((shard) => (shards[shard]?.termsVersion ?? 0) < terms.version);
  await Promise.all(ignorant.map((shard) => escrow.teach(shard, terms)));
  return terms.version;
}
