/**
 * A model's lane in Redis: backlog, window, permits, live figures. Everything of one model stands
 * on one slot; each method is one script, so all processes see one truth.
 */
import { type ContentClass, contentClasses } from '../domain/content-class.ts';
import { newToken, parseTenantId, parseTicketId, ticketId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import type { Deployment } from '../domain/model-catalog.ts';
import { minimumShares, priorityClasses } from '../domain/priority.ts';
import { type LaneHold, laneHolds, type ModelLive } from '../domain/route-plan.ts';
import type {
  LaneStore,
  PermitRequest,
  PermitResult,
  PermitReturn,
  PlacedTicket,
  TakenTicket,
  TicketPlace,
} from '../ports/lane-store.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import type { ScriptArgument, ScriptRunner } from './script-runner.ts';
import { decodeWaitingTicket, encodeWaitingTicket } from './waiting-ticket.ts';

/** Units (reserved tokens) that a tenant may take more in each of its turns. */
const quantumUnits = 8_192;

export interface LaneStoreDeps {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  /** A pool that gave no sign of life for this long is dead. */
  readonly poolDeadAfterMs: number;
}

export function createLaneStore(deps: LaneStoreDeps): LaneStore {
  return {
    ...createWaiting(deps),
    ...createPlaces(deps),
    ...createPermits(deps),
    ...createFigures(deps),
  };
}

type Waiting = Pick<LaneStore, 'offer' | 'take'>;

function createWaiting({ scripts, keys }: LaneStoreDeps): Waiting {
  return {
    async offer(model, tickets, windowBase) {
      if (tickets.length === 0) return [];
      const lane = keys.lane(model);
      const entries = tickets.flatMap((ticket) => [
        ticketId(ticket.job, ticket.fence),
        encodeWaitingTicket(ticket),
        ticket.deadlineAtMs,
      ]);
      const places = await scripts.run({
        script: 'lane-offer',
        keys: [lane.window, lane.rate],
        args: [lane.backlog, windowBase, ...entries],
      });
      return asList(places).map((place) => (asText(place) === 'window' ? 'window' : 'backlog'));
    },
    async take(request) {
      const lane = keys.lane(request.model);
      const handout = keys.handout({ model: request.model }, newToken('take'));
      const reply = await scripts.run({
        script: 'lane-take',
        keys: [lane.window, lane.rate, `${lane.backlog}:credits`, handout],
        args: [
          lane.backlog,
          request.windowBase,
          request.limit,
          quantumUnits,
          ...priorityClasses.flatMap((name) => [name, minimumShares[name]]),
        ],
      });
      return readTaken(request.model, reply);
    },
  };
}

type Places = Pick<LaneStore, 'withdraw' | 'place' | 'listStaleWindow' | 'listWaiting'>;

function createPlaces({ scripts, keys }: LaneStoreDeps): Places {
  return {
    async withdraw(model, ticket) {
      const lane = keys.lane(model);
      await scripts.run({
        script: 'lane-withdraw',
        keys: [lane.window],
        args: [lane.backlog, ticket],
      });
    },
    async place(model, ticket) {
      const lane = keys.lane(model);
      const reply = await scripts.run({
        script: 'lane-place',
        keys: [lane.window],
        args: [lane.backlog, ticket, ...priorityClasses],
      });
      return readPlace(reply);
    },
    async listStaleWindow(model, ageMs, limit) {
      const lane = keys.lane(model);
      const reply = await scripts.run({
        script: 'lane-stale',
        keys: [lane.window],
        args: [ageMs, limit],
      });
      return readPlaced(reply);
    },
    async listWaiting(model, limit) {
      const { backlog } = keys.lane(model);
      const reply = await scripts.run({
        script: 'lane-waiting',
        keys: [`${backlog}:tickets`],
        args: [limit],
      });
      return readPlaced(reply);
    },
  };
}

type Permits = Pick<LaneStore, 'acquire' | 'release' | 'exchange' | 'pause' | 'stop' | 'hold'>;

function createPermits({ scripts, keys }: LaneStoreDeps): Permits {
  return {
    async acquire(request) {
      const lane = keys.lane(request.model);
      const reply = await scripts.run({
        script: 'permit-acquire',
        keys: [lane.window, lane.buckets, lane.pauses, lane.stops],
        args: [lane.permits, ...acquireArguments(request)],
      });
      return readPermit(reply);
    },
    async release(permit) {
      const lane = keys.lane(permit.model);
      await scripts.run({
        script: 'permit-release',
        keys: [lane.buckets, lane.rate, lane.stats],
        args: [lane.permits, ...releaseArguments(permit)],
      });
    },
    async exchange(permit, next) {
      const lane = keys.lane(next.model);
      const reply = await scripts.run({
        script: 'permit-exchange',
        keys: [lane.window, lane.buckets, lane.pauses, lane.stops, lane.rate, lane.stats],
        args: [lane.permits, ...acquireArguments(next), ...releaseArguments(permit)],
      });
      return readPermit(reply);
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

type Figures = Pick<LaneStore, 'heartbeat' | 'live'>;

function createFigures({ scripts, keys, poolDeadAfterMs }: LaneStoreDeps): Figures {
  const look = async (model: string, worker: string, deployments: readonly Deployment[]) => {
    const lane = keys.lane(model);
    const reply = await scripts.run({
      script: 'lane-live',
      keys: [lane.window, lane.pauses, lane.stops, lane.stats, lane.pools],
      args: [
        lane.backlog,
        lane.permits,
        worker,
        poolDeadAfterMs,
        ...deployments.map((deployment) => deployment.id),
      ],
    });
    return asList(reply).map(asText);
  };
  return {
    async heartbeat(model, worker) {
      await look(model, worker, []);
    },
    async live(model, deployments) {
      return readLive(await look(model, '', deployments), deployments);
    },
  };
}

function permitMember(permit: Pick<PermitRequest, 'ticket' | 'holder'>): string {
  return `${permit.ticket}@${permit.holder}`;
}

function releaseArguments(permit: PermitReturn): ScriptArgument[] {
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
  }));
  return [
    request.ticket,
    permitMember(request),
    request.tokens,
    Math.ceil(request.holdMs),
    JSON.stringify(deployments),
  ];
}

function readHold(text: string | undefined): LaneHold | undefined {
  return laneHolds.find((hold) => hold === text);
}

const scarceThings = ['concurrency', 'rpm', 'tpm', 'paused', 'stopped', 'held'] as const;

function readPermit(reply: unknown): PermitResult {
  const [kind, first, second] = asList(reply).map(asText);
  if (kind === 'granted' && first !== undefined) return { kind, deployment: first, unit: second };
  const known = scarceThings.find((thing) => thing === second);
  if (known !== undefined) return { kind: 'denied', retryInMs: Number(first), scarce: known };
  throw new Error('permit-acquire replied with something else than its header says');
}

function readPlaced(reply: unknown): readonly PlacedTicket[] {
  const parts = asList(reply).map(asText);
  const placed: PlacedTicket[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const ticket = placedTicket(parts[i], parts[i + 1]);
    if (ticket !== undefined) placed.push(ticket);
  }
  return placed;
}

function readTaken(model: string, reply: unknown): readonly TakenTicket[] {
  const parts = asList(reply).map(asText);
  const taken: TakenTicket[] = [];
  for (let i = 0; i + 2 < parts.length; i += 3) {
    const [id = '', guaranteed, text = ''] = parts.slice(i, i + 3);
    const ticket = decodeWaitingTicket(model, id, text);
    if (ticket !== undefined) taken.push({ ticket, guaranteed: guaranteed === '1' });
  }
  return taken;
}

function placedTicket(idText = '', tenantText = ''): PlacedTicket | undefined {
  const id = parseTicketId(idText);
  const tenant = parseTenantId(tenantText);
  if (id === undefined || tenant === undefined) return undefined;
  return { id: ticketId(id.job, id.fence), job: id.job, fence: id.fence, tenant };
}

function readPlace(reply: unknown): TicketPlace {
  const [place, ahead] = asList(reply).map(asText);
  if (place === 'window' || place === 'backlog') return { place, ahead: Number(ahead) };
  return { place: 'none', ahead: 0 };
}

/** One odd answer must not spoil what a model is expected to cost. */
const factorRange = { min: 0.25, max: 4 } as const;

function boundedFactor(factor: number): number {
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

function readLive(parts: readonly string[], deployments: readonly Deployment[]): ModelLive {
  const [waiting, running, serviceMs, pools, pausedUntil, stopped, held, ...factors] = parts;
  return {
    waiting: Number(waiting),
    running: Number(running),
    serviceMs: serviceMs === '' ? undefined : Number(serviceMs),
    poolAlive: Number(pools) > 0,
    pausedUntilMs: Number(pausedUntil),
    stopped: stopped === '1',
    held: readHold(held),
    tokenFactors: readFactors(factors),
    concurrency: deployments.reduce((sum, deployment) => sum + deployment.concurrency, 0),
  };
}
