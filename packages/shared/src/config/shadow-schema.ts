/** `routes.<name>.shadow`: the model that a share of the route's jobs is sent to once more. */
import { z } from 'zod';
import { parseTenantId, type TenantId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { durationUpTo, formatDuration } from './quantities.ts';

const expectedTenant =
  'expected the name of a tenant that is yours, such as shadow-lab; its budget pays for shadows';

const tenantName = z
  .string(expectedTenant)
  .refine((text) => parseTenantId(text) !== undefined, expectedTenant)
  // A brand: the pattern has held.
  .transform((text) => text as TenantId);

export const shadowSchema = z.strictObject({
  model: z
    .string('expected the name of a model')
    .describe('Gets the shadows. Neither one of `targets` nor the canary.'),
  percent: z
    .number('expected a number from 0 to 100')
    .min(0, 'expected a number from 0 to 100')
    .max(100, 'expected a number from 0 to 100')
    .describe('Its share of the jobs, drawn by the id of the job.'),
  tenant: tenantName.describe(
    'A tenant of the operator: shadows are its jobs, and its budgets pay for them. Without a ' +
      'budget of the whole tenant, or with one that does not `reject`, no shadow is made.',
  ),
  expires: durationUpTo(limits.deadlineDefaultMs, '24h')
    .prefault(formatDuration(limits.shadowExpiresDefaultMs))
    .describe('A shadow that has no answer by then is given up.'),
});

export type ShadowSettings = z.output<typeof shadowSchema>;
