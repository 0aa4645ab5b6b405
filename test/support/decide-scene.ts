/** Scenes for tests of what becomes of a job: two models, one of which has just failed. */
import type { Attempt, JobRecord } from '@forebay/shared/domain/job';
import type { Model } from '@forebay/shared/domain/model-catalog';
import type { ErrorClass } from '@forebay/shared/domain/outcome';
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import { decideNext } from '@forebay/worker/dispatch/decide-next';
import type { DecideInput, NextMove, ReassignCause } from '@forebay/worker/dispatch/next-move';
import { sampleCatalog, sampleLive, sampleModel } from './sample-catalog.ts';
import { failedEnd, sampleAttempt, sampleRecord, storedEnd } from './sample-record.ts';

/** When the decision is made. */
export const nowMs = 1_000_500;

/** What happened to a job; whatever is left out is as in `sampleRecord`. */
export interface Scene {
  readonly errorClass?: ErrorClass;
  readonly end?: Partial<AttemptSettlement['end']>;
  readonly retryAfterMs?: number;
  /** Classes of earlier attempts, oldest first, as `model: class`. */
  readonly earlier?: readonly (readonly [model: string, errorClass: ErrorClass])[];
  readonly models?: readonly Model[];
  readonly live?: Readonly<Record<string, Partial<ModelLive>>>;
  readonly record?: Partial<JobRecord>;
  readonly spec?: Partial<JobRecord['spec']>;
  readonly why?: ReassignCause;
  /** The budget that turned the first choice away. */
  readonly shortage?: DecideInput['shortage'];
  readonly jitter?: number;
}

const alphaBeta = [sampleModel('alpha'), sampleModel('beta')];

function earlierAttempts(earlier: Scene['earlier'] = []): Attempt[] {
  return earlier.map(([model, errorClass], index) =>
    sampleAttempt(model, {
      n: index + 1,
      fence: index + 10,
      end: storedEnd(failedEnd(errorClass)),
    }),
  );
}

function inputOf(scene: Scene): DecideInput {
  const models = scene.models ?? alphaBeta;
  const errorClass = scene.errorClass ?? 'server_error';
  const running = sampleAttempt(scene.record?.model ?? 'alpha', {
    n: (scene.earlier ?? []).length + 1,
  });
  const base = sampleRecord({ state: 'running', fence: 2 });
  const record: JobRecord = {
    ...base,
    attempts: [...earlierAttempts(scene.earlier), running],
    spec: { ...base.spec, models: models.map((model) => model.name), ...scene.spec },
    ...scene.record,
  };
  const settlement = { fence: 2, end: failedEnd(errorClass, scene.end) };
  const why: ReassignCause = scene.why ?? {
    kind: 'attempt_failed',
    settlement,
    retryAfterMs: scene.retryAfterMs,
  };
  const live = Object.entries(scene.live ?? {}).map(
    ([name, figures]) => [name, sampleLive(figures)] as const,
  );
  return {
    record,
    why,
    catalog: sampleCatalog(models),
    live: { takenAtMs: nowMs, models: new Map(live) },
    ...(scene.shortage === undefined ? {} : { shortage: scene.shortage }),
    nowMs,
    jitter: scene.jitter ?? 0,
  };
}

export const decide = (scene: Scene): NextMove => decideNext(inputOf(scene));

/** `move beta`, `failed provider_error`, `stay`: a decision in a few words. */
export function inWords(move: NextMove): string {
  if (move.kind === 'move') return `move ${move.candidate.model}`;
  return move.kind === 'end' ? `${move.to} ${move.error.code}` : 'stay';
}

/** The worker that ran the job stopped renewing. */
export const lost: ReassignCause = {
  kind: 'lost_lease',
  settlement: { fence: 2, end: failedEnd('lost_lease') },
};
