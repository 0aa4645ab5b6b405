/** The spend certificate of the API. A member without a value is `null`; money is decimal USD. */
import { ForebayApiError } from '../api-error.ts';
import type { JobStatus, Usage } from '../jobs/job.ts';
import { isObject } from '../json.ts';

export interface SpendLine {
  readonly id: string;
  readonly n: number;
  readonly model: string;
  readonly deployment: string;
  readonly why_chosen: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly outcome: string | null;
  readonly ambiguity: string | null;
  readonly wasted: boolean;
  readonly provider_request_id: string | null;
  readonly usage: Usage | null;
  /** The price row as it stood when the attempt began; amounts are nano-dollars as text. */
  readonly price: Readonly<Record<string, unknown>> | null;
  readonly reserved: string;
  /** `null` while the attempt runs. */
  readonly charged: string | null;
  readonly basis: 'exact' | 'worst_case' | 'none' | null;
}

export interface SpendCertificate {
  readonly object: 'spend_certificate';
  readonly format: number;
  /** `provisional` until the job has ended. */
  readonly status: 'final' | 'provisional';
  readonly job_id: string;
  readonly tenant: string;
  readonly job_status: JobStatus;
  readonly job_version: number;
  readonly as_of: string;
  readonly created_at: string;
  readonly finished_at: string | null;
  readonly requested_model: string;
  readonly model: string;
  /** The API key that submitted the job. */
  readonly key_id: string | null;
  readonly batch_id: string | null;
  readonly custom_id: string | null;
  readonly currency: string;
  readonly ceiling: string;
  readonly attempts: readonly SpendLine[];
  readonly sums: {
    readonly spent: string;
    readonly unknown: string;
    /** Both together: what the job is charged with. */
    readonly charged: string;
    readonly reserved: string;
  };
  readonly signature: {
    readonly algorithm: string;
    readonly key_id: string;
    readonly value: string;
  };
}

/** A public key that signs spend certificates, or once did: a JSON Web Key. */
export interface SpendKey {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly kid: string;
}

/**
 * Whether a body is a certificate; what it says is the API's contract, or its signature fails.
 */
export function isCertificate(body: unknown): body is SpendCertificate {
  if (!isObject(body) || body['object'] !== 'spend_certificate') return false;
  const { sums, signature, attempts } = body;
  return isObject(sums) && isObject(signature) && Array.isArray(attempts);
}

/** @throws ForebayApiError `unexpected_answer` when it is something else. */
export function readCertificate(body: unknown): SpendCertificate {
  if (isCertificate(body)) return body;
  throw new ForebayApiError('The answer is not a spend certificate. Is the API older?', {
    status: 200,
    code: 'unexpected_answer',
    isRetryable: false,
  });
}

/** The keys of an answer; none when it holds none. */
export function readSpendKeys(body: unknown): readonly SpendKey[] {
  const keys: unknown = isObject(body) ? body['keys'] : undefined;
  return Array.isArray(keys) ? keys.filter(isSpendKey) : [];
}

function isSpendKey(key: unknown): key is SpendKey {
  if (!isObject(key)) return false;
  return ['kty', 'crv', 'x', 'kid'].every((name) => typeof key[name] === 'string');
}
