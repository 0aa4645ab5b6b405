/**
 * Which tenants run short of money, so that plans prefer cheaper models (decision 0037). One
 * process's view, read again every few seconds for each tenant that asks, and never waited for:
 * it decides what is preferred, not what is allowed.
 */
import type { BudgetFigures } from '../domain/budget.ts';
import type { TenantId } from '../domain/ids.ts';
import type { TenantStore } from '../ports/tenant-store.ts';
import type { TenantTermsStore } from '../ports/tenant-terms-store.ts';
import type { Clock } from '../runtime/clock.ts';

export interface BrownoutViewDeps {
  readonly tenants: Pick<TenantStore, 'read'>;
  readonly terms: Pick<TenantTermsStore, 'figures'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly onError: (error: unknown) => void;
}

/** Whose money a job costs. */
export interface Payer {
  readonly tenant: TenantId;
  /** See `StoredKey.payerKeyId`. */
  readonly payerKeyId?: string | undefined;
}

export interface BrownoutView {
  /** Why cheaper models come first, as plans show it; `undefined` while they need not. */
  reasonFor(payer: Payer): string | undefined;
}

const freshMs = 3_000;
/** Tenants remembered; the one that was asked for the longest ago goes first. */
const tenantsMax = 10_000;

interface Sight {
  readonly atMs: number;
  readonly low: readonly LowBudget[];
}

interface LowBudget {
  /** `undefined` for a budget of the whole tenant. */
  readonly keyId: string | undefined;
  readonly reason: string;
}

export function createBrownoutView(deps: BrownoutViewDeps): BrownoutView {
  const sights = new Map<TenantId, Sight>();
  const refresh = async (tenant: TenantId, atMs: number): Promise<void> => {
    try {
      remember(tenant, { atMs, low: await findLow(deps, tenant) });
    } catch (error) {
      // What was seen last stays until the store answers again.
      deps.onError(error);
    }
  };
  const remember = (tenant: TenantId, sight: Sight): void => {
    sights.delete(tenant);
    sights.set(tenant, sight);
    const [oldest] = sights.keys();
    if (sights.size > tenantsMax && oldest !== undefined) sights.delete(oldest);
  };
  return {
    reasonFor({ tenant, payerKeyId }) {
      const nowMs = deps.clock.monotonicMs();
      const seen = sights.get(tenant);
      if (seen === undefined || nowMs - seen.atMs >= freshMs) {
        remember(tenant, { atMs: nowMs, low: seen?.low ?? [] });
        void refresh(tenant, nowMs);
      }
      const concerns = (budget: LowBudget) =>
        budget.keyId === undefined || budget.keyId === payerKeyId;
      return seen?.low.find(concerns)?.reason;
    },
  };
}

async function findLow(
  { tenants, terms }: BrownoutViewDeps,
  tenant: TenantId,
): Promise<readonly LowBudget[]> {
  const percent = (await tenants.read(tenant))?.brownoutPercent;
  if (percent === undefined) return [];
  const all = await terms.figures(tenant);
  return all.flatMap((figures) => {
    if (!isBelow(figures, percent)) return [];
    const { id, subject } = figures.budget;
    const reason = `less than ${percent} % of budget ${id} is left`;
    return [{ keyId: subject.kind === 'key' ? subject.keyId : undefined, reason }];
  });
}

function isBelow(figures: BudgetFigures, percent: number): boolean {
  const { budget, reserved, spent, unknown } = figures;
  const left = budget.limitNanoUsd - reserved - spent - unknown;
  return left * 100n < budget.limitNanoUsd * BigInt(percent);
}
