/**
 * Tells operators of budgets of all tenants: how each stands, and once when 50, 80, 95 or 100
 * percent of one have been charged. No tenant hears of that: it would say what others spend.
 */
import type { OpenAccount } from '@forebay/shared/budgets/escrow-accounts';
import { budgetThresholds } from '@forebay/shared/domain/budget';
import type { NanoUsd } from '@forebay/shared/domain/money';
import type { EscrowStore } from '@forebay/shared/ports/escrow-store';
import type { WorkerEvents } from '../worker-events.ts';

/** What has become of a budget in its present window, over all shards. */
export interface SeenBudget {
  readonly account: OpenAccount;
  readonly reserved: NanoUsd;
  readonly spent: NanoUsd;
  readonly unknown: NanoUsd;
}

export interface ThresholdWatchDeps {
  readonly escrow: Pick<EscrowStore, 'noteThreshold'>;
  readonly events: WorkerEvents;
  /** Of this process: of all dispatchers, the one whose mark stands tells. */
  readonly mark: string;
}

export function createThresholdWatch({ escrow, events, mark }: ThresholdWatchDeps) {
  /** What this process knows to be told, so that it asks the store once. */
  let known = new Map<string, number>();
  return {
    async look(seen: readonly SeenBudget[]): Promise<void> {
      events.emit('global_budgets.seen', { budgets: seen });
      const next = new Map<string, number>();
      for (const { account, spent, unknown } of seen) {
        const { budget, window, period, limitNanoUsd } = account;
        const percent = percentReached(spent + unknown, limitNanoUsd);
        const name = `${budget}@${window}/${limitNanoUsd}`;
        const told = known.get(name) ?? 0;
        next.set(name, Math.max(told, percent));
        if (percent <= told) continue;
        const isFirst = await escrow.noteThreshold(account, { percent, limitNanoUsd, mark });
        if (isFirst) events.emit('global_budget.threshold', { period, percent });
      }
      known = next;
    },
  };
}

function percentReached(charged: NanoUsd, limit: NanoUsd): number {
  const reached = budgetThresholds.filter((percent) => charged * 100n >= limit * BigInt(percent));
  return Math.max(0, ...reached);
}
