/** Live figures of a model's lane: one script a second for each process that looks. */
import { type ContentClass, contentClasses } from '../domain/content-class.ts';
import { createdAtMsOf, parseTicketId } from '../domain/ids.ts';
import type { Deployment } from '../domain/model-catalog.ts';
import { type PriorityClass, priorityClasses } from '../domain/priority.ts';
import { type LaneHold, laneHolds, type ModelLive } from '../domain/route-plan.ts';
import type { LaneStore } from '../ports/lane-store.ts';
import type { StoreKeys } from './keys.ts';
import { type DeploymentHealth, readFigures, readHealth, sumCounters } from './read-health.ts';
import { asList, asText } from './reply.ts';
import type { ScriptRunner } from './script-runner.ts';

export interface LaneFiguresDeps {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly poolDeadAfterMs: number;
}

type Figures = Pick<LaneStore, 'heartbeat' | 'live'>;

export function createLaneFigures({ scripts, keys, poolDeadAfterMs }: LaneFiguresDeps): Figures {
  const look = (model: string, holder: string, deployments: readonly Deployment[]) => {
    const lane = keys.lane(model);
    return scripts.run({
      script: 'lane-live',
      keys: [lane.window, lane.pauses, lane.stops, lane.stats, lane.pools, lane.rate],
      args: [
        ...[lane.backlog, lane.permits, lane.health, holder, poolDeadAfterMs],
        ...[priorityClasses.length, ...priorityClasses],
        ...deployments.map((deployment) => deployment.id),
      ],
    });
  };
  return {
    async heartbeat(model, holder) {
      await look(model, holder, []);
    },
    async live(model, deployments) {
      return readLive(asList(await look(model, '', deployments)), deployments);
    },
  };
}

export function readHold(text: string | undefined): LaneHold | undefined {
  return laneHolds.find((hold) => hold === text);
}

/** One odd answer must not spoil what a model is expected to cost. */
const factorRange = { min: 0.25, max: 4 } as const;

export function boundedFactor(factor: number): number {
  return Math.min(Math.max(factor, factorRange.min), factorRange.max);
}

/** Classes with their factors, one after the other. */
function readFactors(parts: readonly string[]): Partial<Record<ContentClass, number>> {
  const factors: Partial<Record<ContentClass, number>> = {};
  for (const name of contentClasses) {
    const index = parts.indexOf(name);
    const factor = index === -1 ? Number.NaN : Number(parts[index + 1]);
    if (Number.isFinite(factor)) factors[name] = boundedFactor(factor);
  }
  return factors;
}

function readLive(reply: readonly unknown[], deployments: readonly Deployment[]): ModelLive {
  const [plain, factors, ...rest] = reply.map(asList);
  const [now, waiting, serviceMs, pools, held, answers] = (plain ?? []).map(asText);
  const nowMs = Number(now);
  const healths = deployments.map((deployment, index) =>
    readHealth(deployment, rest[priorityClasses.length + index] ?? [], nowMs),
  );
  const lives = healths.map(({ live }) => live);
  return {
    waiting: Number(waiting),
    running: lives.reduce((sum, { running }) => sum + running, 0),
    serviceMs: serviceMs === '' ? undefined : Number(serviceMs),
    poolAlive: Number(pools) > 0,
    pausedUntilMs: pausedUntilMs(healths),
    stopped: lives.length > 0 && lives.every(({ stopped }) => stopped),
    held: readHold(held),
    tokenFactors: readFactors((factors ?? []).map(asText)),
    // A breaker that lets nobody in is no reason to expect no concurrency ever again.
    concurrency: deployments.reduce((sum, deployment) => sum + deployment.concurrency, 0),
    answersPerSecond: Number(answers) / 3,
    ...readClasses(rest, nowMs),
    deployments: lives,
    ...readFigures(sumCounters(healths.map(({ counters }) => counters))),
  };
}

/** Until when every deployment that is not stopped is paused; 0 when one is free to go. */
function pausedUntilMs(healths: readonly DeploymentHealth[]): number {
  const pauses = healths.filter(({ live }) => !live.stopped).map(({ live }) => live.pausedUntilMs);
  return pauses.length === 0 ? 0 : Math.min(...pauses);
}

/** Only classes of which a job waits. */
function readClasses(
  lists: readonly (readonly unknown[])[],
  nowMs: number,
): Pick<ModelLive, 'waitingByClass' | 'oldestWaitMs'> {
  const waitingByClass: Partial<Record<PriorityClass, number>> = {};
  const oldestWaitMs: Partial<Record<PriorityClass, number>> = {};
  for (const [index, name] of priorityClasses.entries()) {
    const [waiting = '0', oldest = ''] = (lists[index] ?? []).map(asText);
    if (Number(waiting) > 0) waitingByClass[name] = Number(waiting);
    const ticket = parseTicketId(oldest);
    const madeAtMs = ticket && createdAtMsOf(ticket.job);
    if (madeAtMs !== undefined) oldestWaitMs[name] = Math.max(0, nowMs - madeAtMs);
  }
  return { waitingByClass, oldestWaitMs };
}
