/** What can be seen of a delivered answer that makes it of little use, whoever reads it. */
import type { AnswerFlaw } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { JobKind } from '@forebay/shared/domain/model-catalog';
import { readOutputs } from './read-outputs.ts';

export interface DeliveredAnswer {
  readonly kind: JobKind;
  readonly body: JsonObject;
  /** Whether its caller, or the money that was left, capped it below its model's default. */
  readonly isKeptShort: boolean;
}

export function answerFlaw({ kind, body, isKeptShort }: DeliveredAnswer): AnswerFlaw | undefined {
  const outputs = readOutputs(kind, body);
  if (outputs.length === 0) return undefined;
  if (outputs.every(({ isRefused, text }) => isRefused && text === '')) return 'refusal';
  return !isKeptShort && outputs.some(({ isCut }) => isCut) ? 'cut' : undefined;
}
