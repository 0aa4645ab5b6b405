/** Reads what an operator says about a new admin key: strict, every problem at once. */
import { limits } from '@forebay/shared/domain/limits';
import { type AdminScope, adminScopes } from '@forebay/shared/ports/admin-key-store';
import { z } from 'zod';
import { objectError } from '../intake/request-fields-schema.ts';
import { throwRequestProblems } from '../intake/request-problems.ts';

export interface AdminKeyRequest {
  readonly name: string;
  readonly scopes: readonly AdminScope[];
  readonly expiresInMs: number | undefined;
}

const charactersMax = limits.adminKeyNameCharactersMax;
const nameExpected = `expected 1 to ${charactersMax} characters, without control characters`;
const scopesExpected = `expected a list of different scopes out of ${adminScopes.join(', ')}`;
const secondsMax = limits.adminKeyMsMax / 1_000;
const expiryExpected = `expected a whole number of seconds from 60 to ${secondsMax}`;

const shape = {
  name: z
    .string(nameExpected)
    .max(charactersMax, nameExpected)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u, nameExpected),
  scopes: z
    .array(z.enum(adminScopes, scopesExpected), scopesExpected)
    .min(1, scopesExpected)
    .refine((names) => new Set(names).size === names.length, scopesExpected),
  expires_in_seconds: z
    .int(expiryExpected)
    .min(60, expiryExpected)
    .max(secondsMax, expiryExpected)
    .optional(),
};

const expected = 'expected an object with "name", "scopes" and, if wanted, "expires_in_seconds"';
const schema = z.strictObject(shape, objectError(expected));

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseAdminKeyRequest(body: unknown): AdminKeyRequest {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(shape));
  const { name, scopes, expires_in_seconds: seconds } = parsed.data;
  return { name, scopes, expiresInMs: seconds === undefined ? undefined : seconds * 1_000 };
}
