/**
 * A model's lane in Redis: backlog and window here, permits and live figures beside. Everything of
 * one model stands on one slot; each method is one script, so all processes see one truth.
 */
import { newToken, parseTenantId, parseTicketId, ticketId } from '../domain/ids.ts';
import { minimumShares, priorityClasses } from '../domain/priority.ts';
import type { LaneStore, PlacedTicket, TakenTicket, TicketPlace } from '../ports/lane-store.ts';
import type { StoreKeys } from './keys.ts';
import { createLaneBreakers } from './lane-breakers.ts';
import { createLaneFigures } from './lane-figures.ts';
import { createLaneKeeping } from './lane-keeping.ts';
import { createPermits } from './lane-permits.ts';
import { asList, asText } from './reply.ts';
import type { ScriptRunner } from './script-runner.ts';
import { decodeWaitingTicket, encodeWaitingTicket } from './waiting-ticket.ts';

/** Units (reserved tokens) that a tenant may take more in each of its turns. */
const quantumUnits = 8_192;

export interface LaneStoreDeps {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  /** A pool that gave no sign of life for this long is dead. */
  readonly poolDeadAfterMs: number;
  /** 0 to 1: scripts draw no numbers of their own, they would be the same each time. */
  readonly random: () => number;
}

export function createLaneStore(deps: LaneStoreDeps): LaneStore {
  return {
    ...createWaiting(deps),
    ...createPlaces(deps),
    ...createLaneKeeping(deps),
    ...createPermits(deps),
    ...createLaneBreakers(deps),
    ...createLaneFigures(deps),
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

type Places = Pick<
  LaneStore,
  'withdraw' | 'place' | 'listStaleWindow' | 'listWaiting' | 'listClass'
>;

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
    async listClass(model, { priorityClass, from, limit }) {
      const lane = keys.lane(model);
      const reply = await scripts.run({
        script: 'lane-class',
        keys: [lane.window],
        args: [lane.backlog, priorityClass, from, limit],
      });
      return readPlaced(reply);
    },
  };
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
  const [place, ahead, moreUrgent] = asList(reply).map(asText);
  if (place !== 'window' && place !== 'backlog') return { place: 'none', ahead: 0, moreUrgent: 0 };
  return { place, ahead: Number(ahead), moreUrgent: Number(moreUrgent) };
}
