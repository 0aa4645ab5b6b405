/** Reads what the scripts count of each deployment; `lua/include/health.lua` says how. */
import { percentilesOf } from '../domain/latency-buckets.ts';
import type {
  BreakerState,
  CallFigures,
  DeploymentLive,
  LatencyFigures,
} from '../domain/live-figures.ts';
import type { Deployment } from '../domain/model-catalog.ts';
import { type ErrorClass, errorClasses } from '../domain/outcome.ts';
import { asFields, asList, asText } from './reply.ts';

type Counters = ReadonlyMap<string, string>;

export interface DeploymentHealth {
  readonly live: DeploymentLive;
  readonly stoppedUntilMs: number;
  /** Counters of the newest calls, to be put together with those of other deployments. */
  readonly slots: readonly Counters[];
}

/** @param reply what `lane-live` says of one deployment. */
export function readHealth(
  deployment: Deployment,
  reply: unknown,
  nowMs: number,
): DeploymentHealth {
  const [running, pausedUntil, stoppedUntil, breaker, ...slotLists] = asList(reply);
  const breakerParts = asList(breaker).map(asText);
  const slots = slotLists.map(asFields);
  const stoppedUntilMs = Number(asText(stoppedUntil));
  const live: DeploymentLive = {
    id: deployment.id,
    running: Number(asText(running)),
    ...readBreaker(deployment, breakerParts, nowMs),
    ...whyBroken(deployment, breakerParts),
    ...setByHand(deployment, breakerParts, nowMs),
    pausedUntilMs: Number(asText(pausedUntil)),
    stopped: stoppedUntilMs > 0,
    ...readFigures(slots),
  };
  return { live, stoppedUntilMs, slots };
}

type Breaker = Pick<DeploymentLive, 'breaker' | 'openUntilMs' | 'concurrency'>;

export function readBreaker(
  { breaker, concurrency }: Deployment,
  [state, since, until, ramp]: readonly string[],
  nowMs: number,
): Breaker {
  const standing = (name: BreakerState, count: number, openUntilMs = 0): Breaker => ({
    breaker: name,
    openUntilMs,
    concurrency: count,
  });
  if (breaker === undefined || state === '') return standing('closed', concurrency);
  if (state === 'open') {
    const openUntilMs = Number(until);
    return openUntilMs > nowMs
      ? standing('open', 0, openUntilMs)
      : standing('half_open', Math.min(1, concurrency));
  }
  const part = (nowMs - Number(since)) / Number(ramp);
  if (part >= 1) return standing('closed', concurrency);
  return standing('ramping', 1 + Math.floor((concurrency - 1) * part));
}

function whyBroken(
  { breaker }: Deployment,
  [state = '', , , , reason = '', outSince]: readonly string[],
): Pick<DeploymentLive, 'breakerSinceMs' | 'breakerReason'> {
  if (breaker === undefined || state === '') return {};
  return { breakerSinceMs: Number(outSince), breakerReason: reason };
}

function setByHand(
  { breaker }: Deployment,
  [state = '', , , , , , by = '', why = '', shutUntil = '']: readonly string[],
  nowMs: number,
): Pick<DeploymentLive, 'breakerBy' | 'breakerWhy' | 'breakerShutUntilMs'> {
  const shutUntilMs = Number(shutUntil);
  const holds = state !== '' || shutUntilMs > nowMs;
  if (breaker === undefined || by === '' || !holds) return {};
  return {
    breakerBy: by,
    ...(why === '' ? {} : { breakerWhy: why }),
    ...(state === '' ? { breakerShutUntilMs: shutUntilMs } : {}),
  };
}

/** Put together over slots, and where the caller gives more of them over deployments. */
export function readFigures(slots: readonly Counters[]): CallFigures {
  const calls = sumOf(slots, 'n');
  if (calls === 0) return {};
  const errors: Partial<Record<ErrorClass, number>> = {};
  let failed = 0;
  for (const name of errorClasses) {
    const count = sumOf(slots, `e:${name}`);
    if (count > 0) errors[name] = count;
    failed += count;
  }
  const latency = readLatency(slots);
  return {
    ...(latency === undefined ? {} : { latency }),
    errorRate: failed / calls,
    errors,
  };
}

function readLatency(slots: readonly Counters[]): LatencyFigures | undefined {
  const totals = histogramOf(slots, 't');
  const totalMs = percentilesOf(totals);
  if (totalMs === undefined) return undefined;
  const firstByteMs = percentilesOf(histogramOf(slots, 'f'));
  const perOutputTokenMs = percentilesOf(histogramOf(slots, 'o'));
  return {
    samples: [...totals.values()].reduce((sum, count) => sum + count, 0),
    totalMs,
    ...(firstByteMs === undefined ? {} : { firstByteMs }),
    ...(perOutputTokenMs === undefined ? {} : { perOutputTokenMs }),
  };
}

function histogramOf(slots: readonly Counters[], letter: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const [field, value] of slots.flatMap((slot) => [...slot])) {
    const bucket = field.startsWith(letter) ? Number(field.slice(1)) : Number.NaN;
    if (Number.isInteger(bucket)) counts.set(bucket, (counts.get(bucket) ?? 0) + Number(value));
  }
  return counts;
}

function sumOf(slots: readonly Counters[], field: string): number {
  return slots.reduce((sum, slot) => sum + Number(slot.get(field) ?? 0), 0);
}
