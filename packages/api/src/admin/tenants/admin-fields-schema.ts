/** Fields that requests of operators share; `null` takes a setting away. */
import { parseTenantId } from '@forebay/shared/domain/ids';
import { ceilingNanoUsdMax, parseUsd } from '@forebay/shared/domain/money';
import { z } from 'zod';

const amountExpected = 'expected US dollars as decimal text such as "0.25", at most nine decimals';

/** Decimal US dollars as text; gives nano-dollars. */
export const usd = z.string(amountExpected).transform((text, context) => {
  const amount = parseUsd(text);
  if (amount !== undefined && amount <= ceilingNanoUsdMax) return amount;
  context.addIssue({ code: 'custom', message: amountExpected });
  return z.NEVER;
});

/** `null` gives `undefined`: the setting is taken away. */
export function removable<T extends z.ZodType>(field: T) {
  return resettable(field, undefined);
}

/** `null` gives the value that holds where nothing was ever said. */
export function resettable<T extends z.ZodType, Unset>(field: T, unset: Unset) {
  return z.nullable(field).transform((given) => (given === null ? unset : given));
}

const tenantExpected =
  'expected a tenant: 1 to 63 lower-case letters, digits and hyphens, no hyphen first';

export const tenantName = z.string(tenantExpected).transform((given, context) => {
  const tenant = parseTenantId(given);
  if (tenant !== undefined) return tenant;
  context.addIssue({ code: 'custom', message: tenantExpected });
  return z.NEVER;
});

const wholeExpected = 'expected a whole number above 0';

export const count = z.int(wholeExpected).min(1, wholeExpected);

export const text = z.string('expected text');

/** Only the members that were given: `undefined` among them is a setting that is taken away. */
export function pick<From extends object, Name extends keyof From, To extends string>(
  given: From,
  name: Name,
  as: To,
): { readonly [key in To]?: From[Name] } {
  if (!(name in given)) return {};
  // A computed key widens to any text; here it is the one that the caller named.
  return { [as]: given[name] } as { readonly [key in To]?: From[Name] };
}
