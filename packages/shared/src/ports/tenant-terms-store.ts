/** The port to the terms of tenants: read, changed by compare and set, and measured. */
import type { BudgetFigures } from '../domain/budget.ts';
import type { TenantId } from '../domain/ids.ts';
import type { TenantTerms } from '../domain/tenant-terms.ts';

export type TermsEdit = (terms: TenantTerms) => Omit<TenantTerms, 'version'>;

export interface KeyPlaces {
  readonly queued: number;
  readonly running: number;
}

export interface TenantTermsStore {
  read(tenant: TenantId): Promise<TenantTerms>;
  /**
   * Changes the terms; `edit` is called again on newer terms when somebody else was faster, so it
   * must depend on nothing but them. Jobs that wait are looked at again soon.
   *
   * @throws ForebayError `store_unavailable`: it is unknown whether the change was made.
   */
  edit(tenant: TenantId, edit: TermsEdit): Promise<TenantTerms>;
  /** How much of each budget is used in its present window, in the order of the terms. */
  figures(tenant: TenantId): Promise<readonly BudgetFigures[]>;
  /** How many jobs of an API key wait, scheduled ones included, and run. */
  places(tenant: TenantId, keyId: string): Promise<KeyPlaces>;
  /** Tenants of a shard of which anything was ever said. */
  listTenants(shard: number): Promise<readonly TenantId[]>;
  /** Writes the coming ends of calendar windows anew, without changing anything else. */
  renewWindows(tenant: TenantId): Promise<void>;
}
