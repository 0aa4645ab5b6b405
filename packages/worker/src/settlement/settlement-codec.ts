/** The form in which a settlement waits in the journal: JSON with text for amounts and bytes. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { newToken } from '@forebay/shared/domain/ids';
import type { SettleRequest } from '@forebay/shared/ports/job-store';

/** Raised when an older or newer version could misread an entry. */
const settlementSchema = 1;

interface StoredSettlement {
  readonly schema: number;
  /** An entry of an earlier version does not name its settlement. */
  readonly request: Omit<SettleRequest, 'sealedResult' | 'attempt' | 'settlement'> &
    Partial<Pick<SettleRequest, 'settlement'>>;
  readonly attempt: unknown;
  readonly result: string | undefined;
}

export function encodeSettlement(request: SettleRequest): Uint8Array {
  const { sealedResult, attempt, ...rest } = request;
  const stored: StoredSettlement = {
    schema: settlementSchema,
    request: rest,
    attempt: attempt && {
      ...attempt,
      end: { ...attempt.end, costNanoUsd: attempt.end.costNanoUsd.toString() },
    },
    result: sealedResult && Buffer.from(sealedResult).toString('base64'),
  };
  return Buffer.from(JSON.stringify(stored));
}

type Attempt = NonNullable<SettleRequest['attempt']>;
type StoredAttempt = Omit<Attempt, 'end'> & {
  readonly end: Omit<Attempt['end'], 'costNanoUsd'> & { readonly costNanoUsd: string };
};

/** @throws ForebayError `internal` for an entry of another version, SyntaxError for no JSON. */
export function decodeSettlement(content: Uint8Array): SettleRequest {
  // The journal's checksum has vouched for the bytes, and only encodeSettlement writes them.
  const stored = JSON.parse(Buffer.from(content).toString()) as StoredSettlement & {
    readonly attempt: StoredAttempt | undefined;
  };
  if (stored.schema !== settlementSchema) {
    const text = `the answer has schema ${stored.schema}, this version knows ${settlementSchema}`;
    throw new ForebayError('internal', text);
  }
  const { attempt } = stored;
  return {
    ...stored.request,
    settlement: stored.request.settlement ?? newToken('settle'),
    attempt: attempt && {
      fence: attempt.fence,
      end: { ...attempt.end, costNanoUsd: BigInt(attempt.end.costNanoUsd) },
    },
    sealedResult: stored.result === undefined ? undefined : Buffer.from(stored.result, 'base64'),
  };
}
