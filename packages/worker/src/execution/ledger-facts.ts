/** What the ledger keeps of an answered attempt beside its cost: for analytics and for learning. */
import type { AttemptEnd, JobRecord } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { Model } from '@forebay/shared/domain/model-catalog';
import { answerFlaw } from '../outputs/answer-flaw.ts';
import { capOf } from './attempt-terms.ts';

export type LedgerFacts = Pick<AttemptEnd, 'firstByteMs' | 'dearestNanoUsd' | 'flaw'>;

export interface AnsweredAttempt {
  readonly record: JobRecord;
  readonly model: Model;
  readonly body: JsonObject;
  /** `undefined` when nobody saw one. */
  readonly firstByteMs: number | undefined;
}

export function ledgerFacts({ record, model, body, firstByteMs }: AnsweredAttempt): LedgerFacts {
  const expected = record.plan.candidates.map(({ expectedNanoUsd }) => Number(expectedNanoUsd));
  // Amounts are below 2^53, as every one of ours is.
  const dearest = Math.max(0, ...expected);
  const isKeptShort = capOf(record, model) < model.defaultOutputTokens;
  const flaw = answerFlaw({ kind: record.spec.kind, body, isKeptShort });
  return {
    ...(firstByteMs === undefined ? {} : { firstByteMs: Math.round(firstByteMs) }),
    ...(expected.length === 0 ? {} : { dearestNanoUsd: dearest.toString() }),
    ...(flaw === undefined ? {} : { flaw }),
  };
}
