/** Reads what a job was answered: inside the job when it is small, by itself whatever its size. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { Json } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import { isElsewhere } from '@forebay/shared/payloads/payload-vault';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { SealContext } from '@forebay/shared/ports/payload-seal';

export interface ReadAnswerDeps {
  readonly jobs: Pick<JobStore, 'readResult'>;
  /** Opens what a worker has packed. */
  readonly vault: { open(context: SealContext, packed: Uint8Array): Promise<Uint8Array> };
}

export type JobAnswer =
  | { readonly kind: 'shown'; readonly result: Json }
  /** Too large to stand inside the job; it has an address of its own. */
  | { readonly kind: 'large' };

/** @returns `undefined` for a job that has none. */
export async function readAnswer(
  deps: ReadAnswerDeps,
  record: JobRecord,
): Promise<JobAnswer | undefined> {
  const packed = await readPacked(deps, record);
  if (packed === undefined) return undefined;
  // Known without reading it: a job is read more often than a large answer is wanted.
  if (isElsewhere(packed)) return { kind: 'large' };
  const text = await deps.vault.open(contextOf(record), packed);
  if (text.byteLength > limits.shownResultBytesMax) return { kind: 'large' };
  // What a worker has packed is JSON; the seal has vouched for the bytes.
  return { kind: 'shown', result: JSON.parse(Buffer.from(text).toString()) as Json };
}

/**
 * The answer as the text of its JSON in UTF-8.
 *
 * @throws ForebayError `job_not_ended`, `no_result`, or `internal` when it is damaged or gone.
 */
export async function readAnswerText(deps: ReadAnswerDeps, record: JobRecord): Promise<Uint8Array> {
  const packed = await readPacked(deps, record);
  if (packed !== undefined) return deps.vault.open(contextOf(record), packed);
  if (isTerminal(record.state)) {
    throw new ForebayError(
      'no_result',
      `The job has ${record.state === 'expired' ? 'expired' : `ended as ${record.state}`}; ` +
        'its "error" and "attempts" tell why.',
    );
  }
  throw new ForebayError(
    'job_not_ended',
    `The job is ${record.state}. Wait for its end: by "?wait=" on the job, its events, a webhook.`,
  );
}

async function readPacked(
  deps: ReadAnswerDeps,
  record: JobRecord,
): Promise<Uint8Array | undefined> {
  if (record.state !== 'succeeded' || !record.hasResult) return undefined;
  return deps.jobs.readResult({ tenant: record.tenant, id: record.id });
}

function contextOf(record: JobRecord): SealContext {
  return { tenant: record.tenant, job: record.id, field: 'result' };
}
