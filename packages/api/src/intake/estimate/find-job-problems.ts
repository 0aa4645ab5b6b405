/**
 * Everything that a submission would be refused for, whichever check comes first there. What one
 * check finds wrong counts as not given for those after it.
 */
import { type ErrorDetail, ForebayError } from '@forebay/shared/domain/forebay-error';
import { newJobId } from '@forebay/shared/domain/ids';
import { onMissNames } from '@forebay/shared/domain/job';
import { isJsonObject, type Json } from '@forebay/shared/domain/json';
import { type JobKind, jobKinds } from '@forebay/shared/domain/model-catalog';
import { findProblems } from '@forebay/shared/pricing/find-problems';
import { grantedCeiling, grantedPriority } from '../apply-grants.ts';
import { requireKnownWishes } from '../direct-request.ts';
import { checkWebhook } from '../draft-job.ts';
import { lookUpWishes } from '../look-up-wishes.ts';
import type { JobRequest } from '../parse-job-request.ts';
import { planRequest, requireCandidate } from '../plan-job.ts';
import { findSchemaProblems, inEnvelope, readFeatures } from '../read-features.ts';
import { requireNoRoutes } from '../require-known-models.ts';
import { resolveTimes } from '../resolve-times.ts';
import type { EstimateDeps, EstimateOrder } from './estimate-request.ts';
import { readWhatFits } from './read-what-fits.ts';
import { detailsOf } from './tell-all.ts';

/** @throws what is not the caller's fault. */
export async function findJobProblems(
  deps: EstimateDeps,
  order: EstimateOrder,
): Promise<readonly ErrorDetail[]> {
  const { errors, request, hasBody, namesModel } = readWhatFits(order.envelope);
  const inBody = findBodyProblems(order.envelope);
  if (request === undefined) return [...errors, ...inBody];
  const fields = checkFields({ deps, order }, request);
  const found = [...errors, ...inBody, ...fields.errors];
  if (!namesModel || fields.request.requested === noModel) return found;
  const isBounded = hasBody && inBody.length === 0;
  return [...found, ...(await findModelProblems({ deps, order }, fields.request, isBounded))];
}

function findBodyProblems(envelope: Json): readonly ErrorDetail[] {
  if (!isJsonObject(envelope)) return [];
  const kind = jobKinds.find((each) => each === envelope['kind']);
  const { body, validation } = envelope;
  if (kind === undefined || !isJsonObject(body)) return [];
  const said = isJsonObject(validation) ? validation['on_miss'] : undefined;
  const onMiss = onMissNames.find((each) => each === said);
  return [
    ...inEnvelope(findProblems(kind, body)),
    ...inEnvelope(findSchemaProblems({ kind, body, onMiss })),
  ];
}

interface Scene {
  readonly deps: EstimateDeps;
  readonly order: EstimateOrder;
}

interface FieldCheck {
  /** @throws ForebayError */
  readonly check: (scene: Scene, request: JobRequest) => void;
  /** The request without what the check refuses. */
  readonly without: (request: JobRequest) => JobRequest;
}

/** Instead of a list of models that is wrong. */
const noModel = '';

const noTimes = { runAtMs: undefined, deadlineAtMs: undefined, timeoutMs: undefined };

const fieldChecks: readonly FieldCheck[] = [
  {
    check: ({ deps, order }, request) => void checkWebhook(deps, order.payer.tenant, request),
    without: (request) => ({ ...request, webhook: undefined }),
  },
  {
    // A deadline that is over is wrong whatever the start time.
    check: ({ deps, order: { nowMs } }, { times }) => {
      if (times.deadlineAtMs === undefined || times.deadlineAtMs > nowMs) return;
      resolveTimes({ ...times, runAtMs: undefined }, nowMs, deps.defaults().deadlineMs);
    },
    without: (request) => ({ ...request, times: { ...request.times, deadlineAtMs: undefined } }),
  },
  {
    check: ({ deps, order }, { times }) =>
      void resolveTimes(times, order.nowMs, deps.defaults().deadlineMs),
    without: (request) => ({ ...request, times: noTimes }),
  },
  {
    check: ({ order }, { priority }) => void grantedPriority(priority, order.grants),
    without: (request) => ({ ...request, priority: undefined }),
  },
  {
    check: ({ deps, order }, { ceiling }) =>
      void grantedCeiling(ceiling, order.grants, deps.defaults().ceilingNanoUsd),
    without: (request) => ({ ...request, ceiling: undefined }),
  },
  {
    check: ({ deps, order }, { models }) => requireNoRoutes(deps.catalog(), models, order.nowMs),
    without: (request) => ({ ...request, models: [], requested: noModel }),
  },
  {
    check: ({ deps }, { routing }) => requireKnownWishes(deps.catalog(), routing),
    without: (request) => ({ ...request, routing: undefined }),
  },
];

function checkFields(scene: Scene, request: JobRequest) {
  const errors: ErrorDetail[] = [];
  let sound = request;
  for (const { check, without } of fieldChecks) {
    const found = problemsOf(() => check(scene, sound));
    if (found.length > 0) sound = without(sound);
    errors.push(...found.flatMap(detailsOf));
  }
  return { request: sound, errors };
}

/** Why no model takes the job; for a body that is wrong, only what no other body would change. */
async function findModelProblems(
  { deps, order }: Scene,
  request: JobRequest,
  isBounded: boolean,
): Promise<readonly ErrorDetail[]> {
  const { payer, grants, headers, nowMs } = order;
  const asked = isBounded ? request : { ...request, ...standIn(request.kind) };
  const wishes = await lookUpWishes(deps, payer.tenant, asked);
  const subject = { id: newJobId(), payer, grants, headers, wishes, takesTurn: false, nowMs };
  const found = problemsOf(() => {
    const { plan } = planRequest(deps, { ...asked, features: readFeatures(asked) }, subject);
    requireCandidate(plan, asked, grants);
  });
  const byName = found.filter(({ code }) => code === 'unknown_model' || code === 'forbidden');
  return (isBounded ? found : byName).flatMap(detailsOf);
}

/** The least that a job of the kind can ask for. */
function standIn(kind: JobKind): Pick<JobRequest, 'body' | 'onMiss' | 'cutsOutput'> {
  const body =
    kind === 'chat.completions' ? { messages: [{ role: 'user', content: '-' }] } : { input: '-' };
  return { body, onMiss: undefined, cutsOutput: false };
}

function problemsOf(check: () => void): readonly ForebayError[] {
  try {
    check();
    return [];
  } catch (error) {
    if (ForebayError.is(error) && error.entry.status < 500) return [error];
    throw error;
  }
}
