/** Permits of a model's lane: one script picks the deployment and takes what the call needs. */
import { type BreakerChange, breakerVerdict } from '../domain/breaker.ts';
import { latencyBucket } from '../domain/latency-buckets.ts';
import { limits } from '../domain/limits.ts';
import type { LaneStore, PermitRequest, PermitResult, PermitReturn } from '../ports/lane-store.ts';
import type { StoreKeys } from './keys.ts';
import { breakerText } from './lane-breakers.ts';
import { boundedFactor, readHold } from './lane-figures.ts';
import { asList, asText } from './reply.ts';
import type { ScriptArgument, ScriptRunner } from './script-runner.ts';

export interface LanePermitsDeps {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  /** A pool that gave no sign of life for this long is dead, and so is its call that tries. */
  readonly poolDeadAfterMs: number;
  readonly random: () => number;
}

type Permits = Pick<LaneStore, 'acquire' | 'release' | 'exchange' | 'pause' | 'stop' | 'hold'>;

export function createPermits(deps: LanePermitsDeps): Permits {
  const { scripts, keys, random } = deps;
  const taking = (request: PermitRequest): ScriptArgument[] => {
    const { permits, health } = keys.lane(request.model);
    return [permits, health, ...acquireArguments(request), deps.poolDeadAfterMs];
  };
  return {
    async acquire(request) {
      const lane = keys.lane(request.model);
      const reply = await scripts.run({
        script: 'permit-acquire',
        keys: [lane.window, lane.buckets, lane.pauses, lane.stops, lane.pools],
        args: taking(request),
      });
      return readPermit(asList(reply));
    },
    async release(permit) {
      const lane = keys.lane(permit.model);
      const reply = await scripts.run({
        script: 'permit-release',
        keys: [lane.buckets, lane.rate, lane.stats],
        args: [lane.permits, lane.health, ...releaseArguments(permit, random())],
      });
      return readChange(asList(reply));
    },
    async exchange(permit, next) {
      const lane = keys.lane(next.model);
      const reply = await scripts.run({
        script: 'permit-exchange',
        keys: [
          ...[lane.window, lane.buckets, lane.pauses, lane.stops, lane.pools],
          ...[lane.rate, lane.stats],
        ],
        args: [...taking(next), ...releaseArguments(permit, random())],
      });
      const [taken, change] = asList(reply).map(asList);
      return { permit: readPermit(taken ?? []), breaker: readChange(change ?? []) };
    },
    async pause(model, deployment, forMs) {
      const { pauses } = keys.lane(model);
      await scripts.run({
        script: 'lane-pause',
        keys: [pauses],
        args: [deployment, Math.ceil(forMs)],
      });
    },
    async stop(model, deployment) {
      const { stops } = keys.lane(model);
      const args = [deployment, limits.deploymentStopMs];
      const reply = await scripts.run({ script: 'lane-stop', keys: [stops], args });
      return Number(asText(reply)) === 1;
    },
    async hold(model, hold) {
      const { stops } = keys.lane(model);
      return readHold(
        asText(await scripts.run({ script: 'lane-hold', keys: [stops], args: [hold ?? ''] })),
      );
    },
  };
}

function permitMember(permit: Pick<PermitRequest, 'ticket' | 'holder'>): string {
  return `${permit.ticket}@${permit.holder}`;
}

function releaseArguments(permit: PermitReturn, jitter: number): ScriptArgument[] {
  const { deployment, reservedTokens, usedTokens, serviceMs, lesson, unusedUnit } = permit;
  return [
    deployment.id,
    permitMember(permit),
    usedTokens === undefined ? 0 : reservedTokens - usedTokens,
    deployment.tpm ?? '',
    serviceMs === undefined ? '' : Math.round(serviceMs),
    lesson?.content ?? '',
    lesson === undefined ? '' : boundedFactor(lesson.factor).toFixed(3),
    deployment.rpm ?? '',
    unusedUnit ?? '',
    ...endArguments(permit),
    breakerText(deployment.breaker),
    jitter.toFixed(3),
    deployment.concurrency,
    deployment.weight,
  ];
}

/** Nothing to tell of a call that was not made, or that ended for reasons of our own. */
function endArguments({ end, deployment }: PermitReturn): ScriptArgument[] {
  const verdict = end === undefined ? 'none' : breakerVerdict(end);
  if (end === undefined || verdict === 'none') return ['', '', '', '', '', ''];
  const { outcome, totalMs, firstByteMs, outputTokens = 0 } = end;
  if (outcome !== 'succeeded') return [Math.round(totalMs), outcome, verdict, '', '', ''];
  const tokensMs = deployment.stream ? totalMs - (firstByteMs ?? 0) : totalMs;
  return [
    ...[Math.round(totalMs), '', verdict],
    firstByteMs === undefined ? '' : latencyBucket(firstByteMs),
    latencyBucket(totalMs),
    outputTokens === 0 ? '' : latencyBucket(tokensMs / outputTokens),
  ];
}

function acquireArguments(request: PermitRequest): ScriptArgument[] {
  const deployments = request.deployments.map((deployment) => ({
    id: deployment.id,
    concurrency: deployment.concurrency,
    rpm: deployment.rpm,
    burst: deployment.rpmBurst,
    tpm: deployment.tpm,
    weight: deployment.weight,
    order: deployment.order,
    breaks: deployment.breaker !== undefined,
  }));
  return [
    request.ticket,
    permitMember(request),
    request.tokens,
    Math.ceil(request.holdMs),
    JSON.stringify(deployments),
  ];
}

const scarceThings = [
  ...['concurrency', 'rpm', 'tpm', 'paused', 'stopped', 'held', 'breaker'],
] as const;

function readPermit(reply: readonly unknown[]): PermitResult {
  const [kind, first, second] = reply.map(asText);
  if (kind === 'granted' && first !== undefined) return { kind, deployment: first, unit: second };
  const known = scarceThings.find((thing) => thing === second);
  if (known !== undefined) return { kind: 'denied', retryInMs: Number(first), scarce: known };
  throw new Error('permit-acquire replied with something else than its header says');
}

const changedStates = ['open', 'ramping', 'closed'] as const;

function readChange(reply: readonly unknown[]): BreakerChange | undefined {
  const [name, reason = '', openMs] = reply.map(asText);
  const state = changedStates.find((known) => known === name);
  return state === undefined ? undefined : { state, reason, openMs: Number(openMs) };
}
