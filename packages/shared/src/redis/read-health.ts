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
import { asList, asText } from './reply.ts';

/** Counts by field, summed up over slots. */
type Counters = ReadonlyMap<string, number>;

export interface DeploymentHealth {
  readonly live: DeploymentLive;
  readonly stoppedUntilMs: number;
  /** Of the newest calls, to be put together with those of other deployments. */
  readonly counters: Counters;
}

/** @param reply what `lane-live` says of one deployment. */
export function readHealth(
  deployment: Deployment,
  reply: unknown,
  nowMs: number,
): DeploymentHealth {
  const [running, pausedUntil, stoppedUntil, breaker, ...slots] = asList(reply);
  const breakerParts = asList(breaker).map(asText);
  const counters = sumCounters(slots.map(readSlot));
  const stoppedUntilMs = Number(asText(stoppedUntil));
  const live: DeploymentLive = {
    id: deployment.id,
    running: Number(asText(running)),
    ...readBreaker(deployment, breakerParts, nowMs),
    ...whyBroken(deployment, breakerParts),
    ...setByHand(deployment, breakerParts, nowMs),
    pausedUntilMs: Number(asText(pausedUntil)),
    stopped: stoppedUntilMs > 0,
    ...readFigures(counters),
  };
  return { live, stoppedUntilMs, counters };
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

/** `field count field count ...` */
function readSlot(reply: unknown): Counters {
  const parts = asText(reply).split(' ');
  const counters = new Map<string, number>();
  for (let at = 0; at + 1 < parts.length; at += 2) {
    counters.set(parts[at] ?? '', Number(parts[at + 1]));
  }
  return counters;
}

export function sumCounters(all: readonly Counters[]): Counters {
  const sums = new Map<string, number>();
  for (const counters of all) {
    for (const [field, count] of counters) sums.set(field, (sums.get(field) ?? 0) + count);
  }
  return sums;
}

export function readFigures(counters: Counters): CallFigures {
  const calls = counters.get('n') ?? 0;
  if (calls === 0) return {};
  const errors: Partial<Record<ErrorClass, number>> = {};
  let failed = 0;
  for (const name of errorClasses) {
    const count = counters.get(`e:${name}`) ?? 0;
    if (count > 0) errors[name] = count;
    failed += count;
  }
  const latency = readLatency(counters);
  return {
    ...(latency === undefined ? {} : { latency }),
    errorRate: failed / calls,
    errors,
  };
}

function readLatency(counters: Counters): LatencyFigures | undefined {
  const totals = histogramOf(counters, 't');
  const totalMs = percentilesOf(totals);
  if (totalMs === undefined) return undefined;
  const firstByteMs = percentilesOf(histogramOf(counters, 'f'));
  const perOutputTokenMs = percentilesOf(histogramOf(counters, 'o'));
  return {
    samples: [...totals.values()].reduce((sum, count) => sum + count, 0),
    totalMs,
    ...(firstByteMs === undefined ? {} : { firstByteMs }),
    ...(perOutputTokenMs === undefined ? {} : { perOutputTokenMs }),
  };
}

function histogramOf(counters: Counters, letter: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const [field, count] of counters) {
    const bucket = field.startsWith(letter) ? Number(field.slice(1)) : Number.NaN;
    if (Number.isInteger(bucket)) counts.set(bucket, count);
  }
  return counts;
}
