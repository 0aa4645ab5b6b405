/**
 * Holds shadows against the jobs that they repeat: attempt against attempt, from figures that stand
 * with each shadow. Pure; no job of a caller is read, so a comparison outlives what was deleted.
 */
import type { JobRecord, ShadowOrigin } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { JsonObject } from '@forebay/shared/domain/json';
import { formatUsd } from '@forebay/shared/domain/money';
import { groupBy } from '@forebay/shared/ledger/group-by';

/** How one side of a pair fared. */
interface Fare {
  /** `succeeded`, or the class of the error. */
  readonly outcome: string;
  readonly costNanoUsd: bigint;
  readonly callMs: number;
  readonly firstByteMs: number | undefined;
}

interface Pair {
  /** The model that the job ended on. */
  readonly model: string;
  readonly original: Fare;
  readonly shadow: Fare;
}

/** @param records jobs of the shadows' tenant; what is no shadow of the route does not count. */
export function compareShadows(records: readonly JobRecord[], route: string): JsonObject {
  const shadows = records.flatMap((record) => {
    const { shadowOf } = record.spec;
    return shadowOf?.route === route ? [{ record, shadowOf }] : [];
  });
  const pairs = shadows.flatMap(({ record, shadowOf }) => pairOf(record, shadowOf));
  const groups = [...groupBy(pairs, ({ model }) => model)];
  return {
    shadows: shadows.length,
    open: shadows.filter(({ record }) => !isTerminal(record.state)).length,
    pairs: pairs.length,
    ...viewSides(pairs),
    by_model: groups.map(([model, own]) => ({ model, pairs: own.length, ...viewSides(own) })),
  };
}

/** Nothing for one that has not ended, or that was never called. */
function pairOf(record: JobRecord, origin: ShadowOrigin): readonly Pair[] {
  const attempt = record.attempts.at(-1);
  if (!isTerminal(record.state) || attempt?.end === undefined) return [];
  const { outcome, ambiguity, costNanoUsd, endedAtMs, firstByteMs } = attempt.end;
  if (ambiguity === 'not_sent') return [];
  const callMs = Math.max(0, endedAtMs - attempt.startedAtMs);
  const original = { ...origin, firstByteMs: origin.firstByteMs };
  return [
    {
      model: origin.model,
      original: { ...original, costNanoUsd: BigInt(origin.costNanoUsd) },
      shadow: { outcome, costNanoUsd, callMs, firstByteMs },
    },
  ];
}

function viewSides(pairs: readonly Pair[]): JsonObject {
  return {
    original: viewSide(pairs.map(({ original }) => original)),
    shadow: viewSide(pairs.map(({ shadow }) => shadow)),
  };
}

function viewSide(fares: readonly Fare[]): JsonObject {
  const outcomes = [...groupBy(fares, ({ outcome }) => outcome)];
  const answered = fares.filter(({ outcome }) => outcome === 'succeeded');
  return {
    outcomes: Object.fromEntries(outcomes.map(([outcome, own]) => [outcome, own.length])),
    cost_usd: formatUsd(fares.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0n)),
    // Failures are quick or time out; they say nothing of how long an answer takes.
    call_ms: viewTimes(answered.map(({ callMs }) => callMs)),
    first_byte_ms: viewTimes(answered.flatMap(({ firstByteMs }) => firstByteMs ?? [])),
  };
}

/** `null` without any. */
function viewTimes(times: readonly number[]): JsonObject | null {
  const ordered = times.toSorted((left, right) => left - right);
  const below = (share: number): number =>
    Math.round(ordered[Math.ceil(share * ordered.length) - 1] ?? 0);
  return ordered.length === 0 ? null : { p50: below(0.5), p90: below(0.9) };
}
