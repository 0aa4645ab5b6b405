/** What a command of an operator works with: the store of the environment, opened for it alone. */
import type { Store } from '@forebay/shared/redis/open-store';
import { type Clock, systemClock } from '@forebay/shared/runtime/clock';
import type { ManageKeysDeps } from '@forebay/shared/tenants/manage-keys';
import type { ManageTenantsDeps } from '@forebay/shared/tenants/manage-tenants';
import type { CommandInput } from '../program/command-input.ts';
import { readSettings } from '../program/read-settings.ts';
import { UsageError } from '../program/usage-error.ts';
import { withStore } from '../store/with-store.ts';

export interface Operating extends ManageTenantsDeps, Omit<ManageKeysDeps, 'pepper'> {
  readonly terms: Store['terms'];
  readonly audit: Store['audit'];
  readonly clock: Clock;
}

/** @throws UsageError for wrong variables; as `withStore`; what `use` throws. */
export function operate<T>(input: CommandInput, use: (deps: Operating) => Promise<T>): Promise<T> {
  return withStore(readSettings(input.environment), ({ tenants, apiKeys: keys, terms, audit }) =>
    use({ tenants, keys, terms, audit, clock: systemClock }),
  );
}

/** The secret under which keys are digested. @throws UsageError without one. */
export function pepperOf({ environment }: CommandInput): string {
  const pepper = readSettings(environment).keyPepper?.reveal();
  if (pepper !== undefined) return pepper;
  const detail = 'FOREBAY_KEY_PEPPER: expected the value that the api runs with; got none.';
  throw new UsageError(detail);
}
