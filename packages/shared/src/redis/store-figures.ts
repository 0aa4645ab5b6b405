/** Figures of the whole store, read from Redis: one script for each shard and each lane. */
import { budgetThresholds } from '../domain/budget.ts';
import { createdAtMsOf, parseTicketId } from '../domain/ids.ts';
import { type TerminalJobState, terminalJobStates } from '../domain/job-state.ts';
import type { Deployment } from '../domain/model-catalog.ts';
import { priorityClasses } from '../domain/priority.ts';
import type { LaneFigures, ServerFigures, StoreFigures } from '../ports/store-figures.ts';
import type { Clock } from '../runtime/clock.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { readBreaker } from './read-health.ts';
import { asList, asText } from './reply.ts';
import { asStoreError, type ScriptRunner } from './script-runner.ts';

export interface StoreFiguresDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly poolDeadAfterMs: number;
}

export function createStoreFigures(deps: StoreFiguresDeps): StoreFigures {
  const { scripts, keys } = deps;
  return {
    shardCount: keys.shardCount,
    async readShard(shard) {
      const reply = await scripts.run({
        script: 'shard-figures',
        keys: [keys.totals(shard), keys.due(shard), keys.endpointsDue(shard)],
        args: [...terminalJobStates, ...budgetThresholds.map((percent) => `threshold:${percent}`)],
      });
      const [
        admitted = 0,
        live = 0,
        overdue = 0,
        overdueMs = 0,
        endpoints = 0,
        late = 0,
        ...totals
      ] = asList(reply).map((value) => Number(asText(value)));
      const counts = terminalJobStates.map((state, index) => [state, totals[index] ?? 0] as const);
      const told = totals.slice(terminalJobStates.length);
      return {
        admitted,
        live,
        overdue,
        overdueMs,
        endpoints,
        endpointsOverdueMs: late,
        // Made from all terminal states just above.
        ended: Object.fromEntries(counts) as Record<TerminalJobState, number>,
        thresholds: budgetThresholds.map((percent, index) => ({
          percent,
          count: told[index] ?? 0,
        })),
      };
    },
    async readLane(model, windowBase) {
      const lane = keys.lane(model.name);
      const deployments = model.deployments.map(({ id }) => id);
      const reply = await scripts.run({
        script: 'lane-figures',
        keys: [lane.window, lane.rate, lane.pauses, lane.stops, lane.pools],
        args: [
          lane.backlog,
          lane.permits,
          windowBase,
          deps.poolDeadAfterMs,
          lane.health,
          priorityClasses.length,
          ...priorityClasses,
          ...deployments,
        ],
      });
      return readLane(asList(reply), model.deployments);
    },
    readServer: () => readServer(deps),
  };
}

const plainFigures = 5;

function readLane(reply: readonly unknown[], deployments: readonly Deployment[]): LaneFigures {
  const [atMs = 0, windowTickets = 0, windowPlaces = 0, backlog = 0, pools = 0] = reply
    .slice(0, plainFigures)
    .map((value) => Number(asText(value)));
  const lists = reply.slice(plainFigures).map((list) => asList(list).map(asText));
  return {
    atMs,
    windowTickets,
    windowPlaces,
    backlog,
    pools,
    classes: priorityClasses.map((priorityClass, index) => {
      const [waiting, oldest = ''] = lists[index] ?? [];
      return { priorityClass, waiting: Number(waiting), oldestAtMs: submittedAtMs(oldest) };
    }),
    deployments: deployments.map((deployment, index) => {
      const [permits, paused, stopped, ...breaker] = lists[priorityClasses.length + index] ?? [];
      return {
        id: deployment.id,
        permitsInUse: Number(permits ?? 0),
        pausedMs: Number(paused ?? 0),
        stoppedMs: Number(stopped ?? 0),
        breaker: readBreaker(deployment, breaker, atMs).breaker,
        breakerOpenings: Number(breaker[4] ?? 0),
      };
    }),
  };
}

function submittedAtMs(ticket: string): number | undefined {
  const parts = parseTicketId(ticket);
  return parts === undefined ? undefined : createdAtMsOf(parts.job);
}

async function readServer({ client, clock }: StoreFiguresDeps): Promise<ServerFigures> {
  const servers = 'nodes' in client ? client.nodes('master') : [client];
  try {
    const all = await Promise.all(
      servers.map(async (server) => {
        const startedMs = clock.monotonicMs();
        await server.ping();
        const pingMs = clock.monotonicMs() - startedMs;
        const memory = await server.info('memory');
        return { pingMs, used: field(memory, 'used_memory'), limit: field(memory, 'maxmemory') };
      }),
    );
    return {
      pingMs: Math.max(...all.map(({ pingMs }) => pingMs)),
      memoryBytes: all.reduce((sum, { used }) => sum + used, 0),
      memoryLimitBytes: all.reduce((sum, { limit }) => sum + limit, 0),
    };
  } catch (error) {
    throw asStoreError(error);
  }
}

function field(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? '0');
}
