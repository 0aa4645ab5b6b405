/**
 * Writes down the coming ends of calendar budgets, long before those written last have run out: a
 * window whose end nobody has written takes no money (fails closed).
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import type { EscrowStore } from '@forebay/shared/ports/escrow-store';
import type { TenantTermsStore } from '@forebay/shared/ports/tenant-terms-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { WorkerEvents } from '../worker-events.ts';

export interface TermsRenewerDeps {
  readonly terms: Pick<TenantTermsStore, 'listTenants' | 'read' | 'renewWindows'>;
  readonly escrow: Pick<EscrowStore, 'read' | 'edit'>;
  readonly shardCount: number;
  readonly clock: Clock;
  readonly events: WorkerEvents;
}

export function createTermsRenewer(deps: TermsRenewerDeps): Service {
  return createLoop({
    name: 'terms-renewer',
    clock: deps.clock,
    intervalMs: limits.termsRenewalMs,
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'terms-renewer', durationMs }),
    onError: (error) => deps.events.emit('loop.failed', { loop: 'terms-renewer', error }),
    round: async (signal) => {
      for (let shard = 0; shard < deps.shardCount && !signal.aborted; shard += 1) {
        await renewShard(deps, shard);
      }
      await renewGlobal(deps);
      return false;
    },
  });
}

async function renewShard({ terms, events }: TermsRenewerDeps, shard: number): Promise<void> {
  for (const tenant of await terms.listTenants(shard)) {
    try {
      const { budgets } = await terms.read(tenant);
      if (budgets.some(({ window }) => window.kind === 'calendar')) {
        await terms.renewWindows(tenant);
      }
    } catch (error) {
      if (ForebayError.is(error) && error.code === 'store_unavailable') throw error;
      // Terms that cannot be read must not take the windows of all tenants after this one.
      events.emit('loop.failed', { loop: `terms-renewer:${tenant}`, error });
    }
  }
}

async function renewGlobal({ escrow }: TermsRenewerDeps): Promise<void> {
  const { terms } = await escrow.read();
  if (terms.budgets.some(({ window }) => window.kind === 'calendar')) {
    await escrow.edit((budgets) => budgets);
  }
}
