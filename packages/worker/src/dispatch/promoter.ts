/**
 * Moves jobs out of overloaded lanes: those of which `choose-promotion.ts` says that they wait too
 * long, oldest first, to lanes that have free places for them.
 *
 *  1. While no lane is overloaded, or none has a free place, a round looks at the live figures
 *     and at nothing else.
 *  2. Any number of dispatchers may do this at once. A job is moved by one of them, because its
 *     fence decides; and all of them together move no more jobs to a lane than it has places,
 *     because each has them kept by the lane itself before it moves anything (`lane-keep`).
 *  3. A round looks at a bounded number of jobs. Where none of them may move, the next one goes on
 *     behind them, so that jobs that must stay do not hide those that need not among
 *     all that `lane-class` looks at.
 *  4. Whoever dies in between leaves nothing behind: the kept places come free by themselves.
 */
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { PromotionSettings } from '@forebay/shared/domain/promotion';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore, PlacedTicket } from '@forebay/shared/ports/lane-store';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { type ChosenPromotion, choosePromotion } from './choose-promotion.ts';
import { freePlaces } from './free-places.ts';
import { type MoveTogetherDeps, moveTogether } from './move-together.ts';
import { mayRelieve, type OverloadedLine, overloadedLines } from './overloaded-lines.ts';
import { tenantViewsOf } from './tenant-views.ts';

export interface PromoterDeps extends MoveTogetherDeps {
  readonly jobs: MoveTogetherDeps['jobs'] & Pick<JobStore, 'read'>;
  readonly lanes: MoveTogetherDeps['lanes'] & Pick<LaneStore, 'listClass'>;
  readonly settings: () => PromotionSettings;
}

/** Half the age that the live figures reach. */
const intervalMs = 500;
/** Jobs of one line that a round lists, once, because the whole line is sorted for it. */
const listedMax = 100;
/** Of these, how many are looked at together. */
const pageSize = 50;

/** Where the next round goes on in each line. */
type Cursors = Map<string, number>;

export function createPromoter(deps: PromoterDeps): Service {
  const cursors: Cursors = new Map();
  return createLoop({
    name: 'promoter',
    clock: deps.clock,
    intervalMs,
    onError: (error) => deps.events.emit('loop.failed', { loop: 'promoter', error }),
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'promoter', durationMs }),
    round: async () => {
      await promoteRound(deps, cursors);
      return false;
    },
  });
}

async function promoteRound(deps: PromoterDeps, cursors: Cursors): Promise<void> {
  const [live, catalog, settings] = [deps.live.snapshot(), deps.catalog(), deps.settings()];
  const rooms = freePlaces(catalog, live);
  const lines = overloadedLines({ catalog, live, settings, rooms });
  for (const line of lines) {
    const name = `${line.priorityClass} ${line.model}`;
    const next = await relieve(deps, { line, rooms, from: cursors.get(name) ?? 0 });
    if (next === 0) cursors.delete(name);
    else cursors.set(name, next);
  }
}

interface Walk {
  readonly line: OverloadedLine;
  readonly rooms: Map<string, number>;
  /** How many jobs of the line are left out. */
  readonly from: number;
}

/**
 * Goes through one line, oldest job first, until nobody has a place any more.
 *
 * @returns where the next round goes on: at the oldest job again, unless none could move.
 */
async function relieve(deps: PromoterDeps, { line, rooms, from }: Walk): Promise<number> {
  if (!mayRelieve(deps.catalog(), line, rooms)) return from;
  const listed = await deps.lanes.listClass(line.model, {
    ...{ priorityClass: line.priorityClass, from, limit: listedMax },
  });
  let [place, moved] = [from, 0];
  for (let start = 0; start < listed.length && rooms.size > 0; start += pageSize) {
    const tickets = listed.slice(start, start + pageSize);
    const wishes = await chooseAmong(deps, { line, tickets, from: place, rooms });
    const count = await grantWishes(deps, wishes, rooms);
    moved += count;
    place += tickets.length - count;
  }
  const isAtEnd = listed.length < listedMax;
  return isAtEnd || moved > 0 ? 0 : place;
}

interface Wish extends ChosenPromotion {
  readonly record: JobRecord;
}

interface Page {
  readonly line: OverloadedLine;
  readonly tickets: readonly PlacedTicket[];
  /** How many stand before the first one. */
  readonly from: number;
  readonly rooms: ReadonlyMap<string, number>;
}

async function chooseAmong(deps: PromoterDeps, page: Page): Promise<readonly Wish[]> {
  const { line, tickets, from } = page;
  const records = await Promise.all(
    tickets.map(({ job, tenant }) => deps.jobs.read({ id: job, tenant })),
  );
  const nowMs = await deps.jobs.nowMs();
  const rooms = new Map(page.rooms);
  const wishes: Wish[] = [];
  for (const [index, record] of records.entries()) {
    if (!isRecord(record) || record.fence !== tickets[index]?.fence) continue;
    if (record.model !== line.model) continue;
    const same = from + index - wishes.length;
    const chosen = choosePromotion({
      ...{ record, nowMs, rooms, ahead: { moreUrgent: line.moreUrgent, same } },
      settings: deps.settings(),
      catalog: deps.catalog(),
      live: deps.live.snapshot(),
      ...tenantViewsOf(deps, record),
    });
    if (chosen === undefined) continue;
    wishes.push({ record, ...chosen });
    takeRoom(rooms, chosen.to, 1);
  }
  return wishes;
}

/** @returns how many were moved; `rooms` loses what was taken. */
async function grantWishes(
  deps: PromoterDeps,
  wishes: readonly Wish[],
  rooms: Map<string, number>,
): Promise<number> {
  const counts = await Promise.all(
    [...new Set(wishes.map(({ to }) => to))].map(async (to) => {
      const own = wishes.filter((wish) => wish.to === to);
      const jobs = own.map(({ record, waitMs }) => ({
        record,
        why: { kind: 'overloaded' as const, to, waitMs },
      }));
      const places = await moveTogether(deps, { to, jobs });
      // Where fewer were free than the figures say, the others are somebody else's.
      takeRoom(rooms, to, places.kept < own.length ? Number.POSITIVE_INFINITY : own.length);
      return places.moved;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function takeRoom(rooms: Map<string, number>, model: string, count: number): void {
  const left = (rooms.get(model) ?? 0) - count;
  if (left > 0) rooms.set(model, left);
  else rooms.delete(model);
}
