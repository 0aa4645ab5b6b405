/** Which lines of waiting jobs are worth a look: those whose last job may wait too long. Pure. */
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { priorityClasses, priorityNames } from '@forebay/shared/domain/priority';
import {
  type PromotedClass,
  type PromotionLimit,
  type PromotionSettings,
  promotedClasses,
} from '@forebay/shared/domain/promotion';
import type { LiveSnapshot, ModelLive } from '@forebay/shared/domain/route-plan';
import { predictWait } from '@forebay/shared/routing/predict-wait';

/** The jobs of one class that wait for one model. */
export interface OverloadedLine {
  readonly model: string;
  readonly priorityClass: PromotedClass;
  /** Jobs of more urgent classes that wait there, too. */
  readonly moreUrgent: number;
}

export interface LinesQuestion {
  readonly catalog: Catalog;
  readonly live: LiveSnapshot;
  readonly settings: PromotionSettings;
  /** Free places by model. */
  readonly rooms: ReadonlyMap<string, number>;
}

/** A line with a shorter wait than this has no deadlines in danger that a move would save. */
const deadlineWaitMsMin = 1_000;

/** Most urgent class first. */
export function overloadedLines(question: LinesQuestion): readonly OverloadedLine[] {
  const { catalog, rooms } = question;
  if (rooms.size === 0) return [];
  return promotedClasses.flatMap((priorityClass) =>
    [...catalog.models.keys()].flatMap((model) => lineOf(question, model, priorityClass)),
  );
}

/**
 * Whether another model has a free place that could take jobs of the line at all, as far as their
 * kinds say: it costs much to list a line, and nothing to know that nobody could leave it.
 */
export function mayRelieve(
  { models }: Catalog,
  { model: name }: OverloadedLine,
  rooms: ReadonlyMap<string, number>,
): boolean {
  const kinds = models.get(name)?.kinds ?? [];
  return [...rooms.keys()].some(
    (other) => other !== name && models.get(other)?.kinds.some((kind) => kinds.includes(kind)),
  );
}

function lineOf(
  { catalog, live, settings }: LinesQuestion,
  name: string,
  priorityClass: PromotedClass,
): readonly OverloadedLine[] {
  const lane = live.models.get(name);
  const limit = settings.limits[priorityClass];
  const waiting = lane?.waitingByClass?.[priorityClass] ?? 0;
  // Who waits for a dead pool is moved by others, and who is held waits because somebody wants it.
  const isServed = lane?.poolAlive === true && lane.held === undefined;
  if (lane === undefined || !isServed || limit === 'off' || waiting === 0) return [];
  const above = priorityClasses.slice(0, priorityClasses.indexOf(priorityClass));
  const moreUrgent = above.reduce((sum, each) => sum + (lane.waitingByClass?.[each] ?? 0), 0);
  const wait = predictWait(lane, {
    priority: priorityNames[priorityClass],
    nowMs: live.takenAtMs,
    model: catalog.models.get(name),
    ahead: { moreUrgent, same: waiting - 1 },
  });
  if (!isLong(lane, { priorityClass, limit, startMs: wait?.startMs })) return [];
  return [{ model: name, priorityClass, moreUrgent }];
}

interface LineWait {
  readonly priorityClass: PromotedClass;
  readonly limit: PromotionLimit;
  /** The last one's; `undefined` where nobody can say. */
  readonly startMs: number | undefined;
}

function isLong(lane: ModelLive, { priorityClass, limit, startMs }: LineWait): boolean {
  if (startMs === undefined) return typeof limit === 'number';
  if (startMs >= deadlineWaitMsMin) return true;
  const oldestMs = lane.oldestWaitMs?.[priorityClass] ?? 0;
  return typeof limit === 'number' && oldestMs + startMs > limit;
}
