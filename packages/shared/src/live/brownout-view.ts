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
import { createGlances } from './glances.ts';

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

interface LowBudget {
  /** `undefined` for a budget of the whole tenant. */
  readonly keyId: string | undefined;
  readonly reason: string;
}

export function createBrownoutView(deps: BrownoutViewDeps): BrownoutView {
  const { clock, onError } = deps;
  const settings = { clock, freshMs, entriesMax: tenantsMax, onError };
  const glances = createGlances<readonly LowBudget[]>(settings);
  return {
    reasonFor({ tenant, payerKeyId }) {
      const low = glances.of(tenant, () => findLow(deps, tenant));
      const concerns = (budget: LowBudget) =>
        budget.keyId === undefined || budget.keyId === payerKeyId;
      return low?.find(concerns)?.reason;
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
