/**
 * The form in which a settlement waits in the journal: JSON with text for amounts and bytes. One
 * whose answer is still to be held against a form has that beside it, and a schema of its own: a
 * version that knows nothing of forms must not settle it. So has one whose text nobody may keep.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { newToken } from '@forebay/shared/domain/ids';
import type { SettleRequest } from '@forebay/shared/ports/job-store';
import type { OutputForm } from '../outputs/judge-output.ts';

/** Raised when an older or newer version could misread an entry. */
const settlementSchema = 1;
const unjudgedSchema = 2;

/** A settlement that waits for the store, if its answer has the form that it must have. */
export interface WaitingSettlement {
  readonly request: SettleRequest;
  /** Absent when nothing is asked of the answer. */
  readonly form?: OutputForm | undefined;
  /** Whether the answer's text is dropped once it was held against its form: a shadow's. */
  readonly figuresOnly?: boolean | undefined;
}

interface StoredSettlement {
  readonly schema: number;
  /** An entry of an earlier version does not name its settlement. */
  readonly request: Omit<SettleRequest, 'sealedResult' | 'attempt' | 'settlement'> &
    Partial<Pick<SettleRequest, 'settlement'>>;
  readonly attempt: unknown;
  readonly result: string | undefined;
  readonly form?: OutputForm | undefined;
  readonly figuresOnly?: true | undefined;
}

export function encodeSettlement({ request, ...waiting }: WaitingSettlement): Uint8Array {
  const { sealedResult, attempt, ...rest } = request;
  const figuresOnly = waiting.figuresOnly === true ? true : undefined;
  const stored: StoredSettlement = {
    schema: schemaOf(waiting),
    form: waiting.form,
    figuresOnly,
    request: rest,
    attempt: attempt && {
      ...attempt,
      end: { ...attempt.end, costNanoUsd: attempt.end.costNanoUsd.toString() },
    },
    result: sealedResult && Buffer.from(sealedResult).toString('base64'),
  };
  return Buffer.from(JSON.stringify(stored));
}

function schemaOf({ form, figuresOnly }: Omit<WaitingSettlement, 'request'>): number {
  return form === undefined && figuresOnly !== true ? settlementSchema : unjudgedSchema;
}

type Attempt = NonNullable<SettleRequest['attempt']>;
type StoredAttempt = Omit<Attempt, 'end'> & {
  readonly end: Omit<Attempt['end'], 'costNanoUsd'> & { readonly costNanoUsd: string };
};

/** @throws ForebayError `internal` for an entry of another version, SyntaxError for no JSON. */
export function decodeSettlement(content: Uint8Array): WaitingSettlement {
  // The journal's checksum has vouched for the bytes, and only encodeSettlement writes them.
  const stored = JSON.parse(Buffer.from(content).toString()) as StoredSettlement & {
    readonly attempt: StoredAttempt | undefined;
  };
  const { schema, form, figuresOnly, attempt } = stored;
  if (schema !== schemaOf(stored)) {
    const known = `${settlementSchema} and ${unjudgedSchema}`;
    const text = `the answer has schema ${schema}, this version knows ${known}`;
    throw new ForebayError('internal', text);
  }
  const request: SettleRequest = {
    ...stored.request,
    settlement: stored.request.settlement ?? newToken('settle'),
    attempt: attempt && {
      fence: attempt.fence,
      end: { ...attempt.end, costNanoUsd: BigInt(attempt.end.costNanoUsd) },
    },
    sealedResult: stored.result === undefined ? undefined : Buffer.from(stored.result, 'base64'),
  };
  return {
    request,
    ...(form === undefined ? {} : { form }),
    ...(figuresOnly === undefined ? {} : { figuresOnly }),
  };
}
