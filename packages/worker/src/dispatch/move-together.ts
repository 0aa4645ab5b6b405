/**
 * Moves waiting jobs to one lane, and no more than it has room for, however many dispatchers move
 * jobs there at the same time: the lane itself keeps their places first (`lane-keep`). Whoever dies
 * in between leaves nothing behind: kept places come free by themselves.
 */
import { newToken } from '@forebay/shared/domain/ids';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { servesNow } from './free-places.ts';
import { type ReassignInput, type ReassignJobDeps, reassignJob } from './reassign-job.ts';

export interface MoveTogetherDeps extends ReassignJobDeps {
  readonly lanes: ReassignJobDeps['lanes'] & Pick<LaneStore, 'keepPlaces' | 'releasePlaces'>;
}

export interface JointMove {
  readonly to: string;
  /** Why each goes there, the first one first. */
  readonly jobs: readonly ReassignInput[];
  /** How many may run and wait there in all; only into free places when absent. */
  readonly standingMax?: number | undefined;
}

/** Longer than a page of moves takes, short enough that a dead dispatcher holds nothing up. */
const holdMs = 2_000;

/** @returns for how many a place was kept, and how many of these moved. */
export async function moveTogether(
  deps: MoveTogetherDeps,
  { to, jobs, standingMax }: JointMove,
): Promise<{ readonly kept: number; readonly moved: number }> {
  const token = newToken('move');
  const kept = await deps.lanes.keepPlaces({
    ...{ model: to, token, wanted: jobs.length, standingMax, holdMs },
    deployments: deploymentsOf(deps, to, standingMax !== undefined),
  });
  const outcomes = await Promise.all(jobs.slice(0, kept).map((job) => reassignJob(deps, job)));
  if (kept > 0) await deps.lanes.releasePlaces(to, token);
  return { kept, moved: outcomes.filter((outcome) => outcome === 'moved').length };
}

/** Those that have free places, or all whose calls count. */
function deploymentsOf({ live, catalog }: MoveTogetherDeps, to: string, all: boolean) {
  const { takenAtMs, models } = live.snapshot();
  const configured = catalog().models.get(to)?.deployments ?? [];
  if (all) return configured;
  const serving = models.get(to)?.deployments?.filter((each) => servesNow(each, takenAtMs));
  return serving ?? configured;
}
