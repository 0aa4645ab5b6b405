/**
 * What is kept of a plan that a job leaves. The first one, made when the job came in, and the
 * newest ones stay; each in a few hundred bytes, so that no job grows by more than some kilobytes
 * however often it moves.
 */
import type { JobRecord, StatusReason } from '@forebay/shared/domain/job';
import type { RouteMove } from '@forebay/shared/domain/route-move';
import type { RoutePlan } from '@forebay/shared/domain/route-plan';

const movesKept = 8;
const comparedMax = 4;
const excludedMax = 6;
const reasonCharactersMax = 200;

export interface MadeMove {
  readonly to: string;
  readonly reason: StatusReason;
  /** Server time in milliseconds since 1970. */
  readonly nowMs: number;
}

/** @returns all that is kept, oldest first. */
export function noteMove(
  { model, plan, moves = [] }: Pick<JobRecord, 'model' | 'plan' | 'moves'>,
  { to, reason: { code, text }, nowMs }: MadeMove,
): readonly RouteMove[] {
  const made: RouteMove = {
    n: (moves.at(-1)?.n ?? 0) + 1,
    atMs: nowMs,
    from: model,
    to,
    reason: { code, text: text.slice(0, reasonCharactersMax) },
    plannedAtMs: plan.plannedAtMs,
    compared: plan.candidates.slice(0, comparedMax).map(comparedIn),
    excluded: plan.exclusions.slice(0, excludedMax).map(({ model, code }) => ({ model, code })),
  };
  if (moves.length < movesKept) return [...moves, made];
  const [first, ...later] = moves;
  return [...(first === undefined ? [] : [first]), ...later.slice(2 - movesKept), made];
}

function comparedIn({
  model,
  score,
  expectedNanoUsd,
  startMs,
  expectedMs,
}: RoutePlan['candidates'][number]): RouteMove['compared'][number] {
  return {
    model,
    score: Math.round(score * 10_000) / 10_000,
    expectedNanoUsd,
    ...(startMs === undefined ? {} : { startMs: Math.round(startMs) }),
    ...(expectedMs === undefined ? {} : { expectedMs: Math.round(expectedMs) }),
  };
}
