/** When a waiting job will probably begin and end, from the newest live figures. Pure. */
import type { JobRecord } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { formatUsd, type NanoUsd } from '@forebay/shared/domain/money';
import type { LiveSnapshot, RouteCandidate } from '@forebay/shared/domain/route-plan';
import { opensAtMs } from '@forebay/shared/routing/lane-recovery';
import { outputMaxOf } from '@forebay/shared/routing/output-max-of';
import { type PlacesAhead, predictWait } from '@forebay/shared/routing/predict-wait';

export interface ExpectJobDeps {
  /** The newest live figures of all models; never a call to the store. */
  readonly live: { snapshot(): LiveSnapshot };
  readonly catalog: () => Catalog;
}

export interface JobExpectation {
  /** Server times in milliseconds since 1970; `undefined` while nobody can say. */
  readonly startAtMs: number | undefined;
  readonly finishAtMs: number | undefined;
  readonly model: string;
  /** `undefined` for a model that the job's plan does not name. */
  readonly costNanoUsd: NanoUsd | undefined;
  /** When its model takes calls again; absent while that takes them. */
  readonly opensAtMs?: number | undefined;
}

/**
 * @param ahead who begins earlier; `undefined` when that is not known.
 * @returns `undefined` for a job that does not wait.
 */
export function expectJob(
  deps: ExpectJobDeps,
  record: JobRecord,
  ahead: PlacesAhead | undefined,
): JobExpectation | undefined {
  const { state, model, plan, runAtMs } = record;
  if (state !== 'queued' && state !== 'scheduled') return undefined;
  const candidate = plan.candidates.find((entry) => entry.model === model);
  const costNanoUsd = candidate && BigInt(candidate.expectedNanoUsd);
  const { models, takenAtMs } = deps.live.snapshot();
  const place = { model, costNanoUsd, opensAtMs: opensAtMs(models.get(model), takenAtMs) };
  const wait = waitOf(deps, record, ahead);
  // Nobody knows when there is money again, or a place.
  if (wait === undefined || record.waitsFor !== undefined) {
    return { startAtMs: undefined, finishAtMs: undefined, ...place };
  }
  const startAtMs = state === 'scheduled' ? runAtMs : wait.startAtMs;
  return {
    startAtMs,
    finishAtMs: startAtMs === undefined ? undefined : startAtMs + wait.serviceMs,
    ...place,
  };
}

interface ExpectedWait {
  readonly startAtMs: number;
  readonly serviceMs: number;
}

function waitOf(
  { live, catalog }: ExpectJobDeps,
  record: JobRecord,
  ahead: PlacesAhead | undefined,
): ExpectedWait | undefined {
  const { takenAtMs, models } = live.snapshot();
  // A job that has just come is newer than the figures.
  const nowMs = Math.max(takenAtMs, record.createdAtMs);
  const model = catalog().models.get(record.model);
  const wait = predictWait(models.get(record.model), {
    ...{ priority: record.priority, nowMs, model, ahead },
    outputTokensMax: outputMaxOf(record),
  });
  if (wait === undefined) return undefined;
  return {
    startAtMs: Math.max(nowMs + wait.startMs, record.notBeforeMs),
    serviceMs: wait.finishMs - wait.startMs,
  };
}

/** The expectation of a job that is not made, from the first choice of its plan. */
export function expectCandidate(
  { model, startMs, expectedMs, expectedNanoUsd }: RouteCandidate,
  { nowMs, runAtMs }: { readonly nowMs: number; readonly runAtMs: number | undefined },
): JobExpectation {
  const costNanoUsd = BigInt(expectedNanoUsd);
  if (startMs === undefined || expectedMs === undefined) {
    return { startAtMs: undefined, finishAtMs: undefined, model, costNanoUsd };
  }
  const startAtMs = runAtMs ?? nowMs + startMs;
  return { startAtMs, finishAtMs: startAtMs + (expectedMs - startMs), model, costNanoUsd };
}

/** As callers see it; `null` for a job that does not wait. */
export function viewExpectation(expected: JobExpectation | undefined): JsonObject | null {
  if (expected === undefined) return null;
  const { startAtMs, finishAtMs, model, costNanoUsd } = expected;
  return {
    start_at: startAtMs === undefined ? null : new Date(startAtMs).toISOString(),
    finish_at: finishAtMs === undefined ? null : new Date(finishAtMs).toISOString(),
    model,
    cost_usd: costNanoUsd === undefined ? null : formatUsd(costNanoUsd),
  };
}
