/** What the tour reads of a job, as any caller sees it: parsed from the API's answer. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { parseUsd } from '@forebay/shared/domain/money';

export interface TourAttempt {
  /** The id that travelled to the provider. */
  readonly id: string;
  readonly model: string;
  readonly outcome: string;
  readonly ambiguity: string;
  readonly chargedNanoUsd: bigint;
}

export interface TourJob {
  readonly id: string;
  readonly status: string;
  readonly model: string;
  readonly errorCode: string | undefined;
  readonly attempts: readonly TourAttempt[];
  readonly cost: {
    readonly ceiling: bigint;
    readonly reserved: bigint;
    readonly spent: bigint;
    readonly unknown: bigint;
  };
}

/** Reads a job object; a member that is missing reads as empty and fails the later checks. */
export function readTourJob(body: JsonObject): TourJob {
  const cost = objectAt(body, 'cost');
  const { error } = body;
  return {
    id: textAt(body, 'id'),
    status: textAt(body, 'status'),
    model: textAt(body, 'model'),
    errorCode: isJsonObject(error) ? textAt(error, 'code') : undefined,
    attempts: listAt(body, 'attempts').map(readAttempt),
    cost: {
      ceiling: moneyAt(cost, 'ceiling'),
      reserved: moneyAt(cost, 'reserved'),
      spent: moneyAt(cost, 'spent'),
      unknown: moneyAt(cost, 'unknown'),
    },
  };
}

function readAttempt(value: Json): TourAttempt {
  const attempt = isJsonObject(value) ? value : {};
  const cost = objectAt(attempt, 'cost');
  return {
    id: textAt(attempt, 'id'),
    model: textAt(attempt, 'model'),
    outcome: textAt(attempt, 'outcome'),
    ambiguity: textAt(attempt, 'ambiguity'),
    chargedNanoUsd: moneyAt(cost, 'charged'),
  };
}

function textAt(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : '';
}

function objectAt(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

function listAt(object: JsonObject, name: string): readonly Json[] {
  const value = object[name];
  return Array.isArray(value) ? value : [];
}

function moneyAt(object: JsonObject, name: string): bigint {
  return parseUsd(textAt(object, name)) ?? 0n;
}
