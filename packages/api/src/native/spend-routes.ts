/** `/v1/jobs/{id}/spend` and `/v1/spend-keys`: what a job has cost, signed, and by whose key. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { plainLimits, type Route } from '../http/route-table.ts';
import { type ReadJobDeps, readRecord, requireJobId } from '../intake/read-job.ts';
import { draftCertificate } from '../intake/spend/draft-certificate.ts';
import { signCertificate } from '../intake/spend/sign-certificate.ts';
import type { SigningKeys } from '../intake/spend/signing-keys.ts';

export interface SpendRoutesDeps {
  readonly read: ReadJobDeps;
  readonly clock: Clock;
  /** `undefined` when none are configured. */
  readonly keys: SigningKeys | undefined;
}

export function spendRoutes(deps: SpendRoutesDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/jobs/:id/spend',
      summary: "Read a job's spend certificate",
      scope: 'jobs:read',
      limits: plainLimits,
      audit: 'read',
      requestSchema: 'none',
      handle: (call) => getSpend(deps, call),
    },
    {
      method: 'GET',
      path: '/v1/spend-keys',
      summary: 'List the public keys that verify spend certificates',
      scope: 'open',
      limits: plainLimits,
      audit: 'none',
      requestSchema: 'none',
      // A JSON Web Key Set (RFC 7517); empty where nothing is signed.
      handle: async () => ({ status: 200, body: { keys: deps.keys?.published ?? [] } }),
    },
  ];
}

async function getSpend(deps: SpendRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const id = requireJobId(call.params['id'] ?? '');
  return answerInTime(deps.clock, async () => {
    const record = await readRecord(deps.read, call.caller.tenant, id);
    const certificate = draftCertificate(record);
    return { status: 200, text: signCertificate(requireKeys(deps), certificate) };
  });
}

/** @throws ForebayError `not_configured` */
function requireKeys({ keys }: SpendRoutesDeps): SigningKeys {
  if (keys !== undefined) return keys;
  throw new ForebayError(
    'not_configured',
    'This server has no key to sign certificates with. Its operator sets ' +
      'FOREBAY_SIGNING_KEY_FILE for the api; the job itself shows the same, unsigned.',
  );
}
