/**
 * Plans a job without making it: bound → times → ceiling → route. `POST /v1/route` shows the
 * result, `submit-job` admits it; both see the same plan for the same request and moment.
 */
import type { ForebayConfig } from '@forebay/shared/config/load-config';
import { type ErrorDetail, ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobId } from '@forebay/shared/domain/ids';
import type { Json } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { NanoUsd } from '@forebay/shared/domain/money';
import type { RouteDirectives } from '@forebay/shared/domain/route-directives';
import type {
  LiveSnapshot,
  RequestFeatures,
  RouteCandidate,
  RouteExclusion,
  RoutePlan,
} from '@forebay/shared/domain/route-plan';
import type { BrownoutView, Payer } from '@forebay/shared/live/brownout-view';
import type { QualityView } from '@forebay/shared/live/quality-view';
import type { BoundTo } from '@forebay/shared/routing/direct-job';
import { aimOf, noHistory, type PlanInput } from '@forebay/shared/routing/plan-input';
import { planRoute } from '@forebay/shared/routing/plan-route';
import { planSeed } from '@forebay/shared/routing/plan-seed';
import { termsOf } from '@forebay/shared/routing/route-terms';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';
import { grantedCeiling, grantedPriority } from './apply-grants.ts';
import { type DescribeTaskDeps, describeTask } from './describe-task.ts';
import { directRequest, type HeaderLookup } from './direct-request.ts';
import type { StoredWishes, WishesDeps } from './look-up-wishes.ts';
import { type JobRequest, parseJobRequest } from './parse-job-request.ts';
import { readFeatures } from './read-features.ts';
import { type JobTimes, resolveTimes } from './resolve-times.ts';
import type { RouteTurns, Turns } from './route-turns.ts';

export interface PlanJobDeps extends DescribeTaskDeps, WishesDeps {
  readonly catalog: () => Catalog;
  /** Whose turn it is on each `round-robin` route. */
  readonly turns: RouteTurns;
  /** The newest live figures of all models; never a call to the store. */
  readonly live: { snapshot(): LiveSnapshot };
  /** Who runs short of money; never a call to the store that is waited for. */
  readonly brownout: BrownoutView;
  /** What the tenant thinks of models; never a call to the store that is waited for. */
  readonly quality: QualityView;
  /** What holds for jobs that do not say. */
  readonly defaults: () => ForebayConfig['defaults'];
}

/** An envelope as it came. */
export interface ReceivedEnvelope {
  readonly envelope: Json;
  /** Size of its text; a body without images has a lower limit than one with images. */
  readonly envelopeBytes: number;
}

export interface BoundedRequest extends JobRequest {
  /** Of a job that is tried again. */
  readonly boundTo?: BoundTo | undefined;
  /** The model that answered that job, if its answer was of no use. */
  readonly retriedModel?: string | undefined;
  readonly features: RequestFeatures;
}

export interface PlannedJob {
  readonly features: RequestFeatures;
  readonly times: JobTimes;
  readonly priority: number;
  readonly ceiling: NanoUsd;
  readonly riskRetries: number;
  /** Whether it is taken in although no model would answer before its deadline. */
  readonly acceptsLate: boolean;
  /** What rules, aliases and the like decided; `undefined` when nothing did. */
  readonly directives?: RouteDirectives | undefined;
  readonly plan: RoutePlan;
}

/** Whose money a job costs, and with which key it came. */
export interface KeyedPayer extends Payer {
  readonly keyId?: string | undefined;
}

/** For whom and for when a plan is made. */
export interface PlanSubject {
  /** Decides draws, so that a job is planned alike each time. */
  readonly id: JobId;
  readonly payer: KeyedPayer;
  /** What the caller may ask for. */
  readonly grants: IntakeGrants;
  /** For rules; without them a job counts as one that came without headers. */
  readonly headers?: HeaderLookup | undefined;
  /** What the store knows of wishes; nothing when absent. */
  readonly wishes?: StoredWishes | undefined;
  /** Whether a `round-robin` route goes on to its next model; a dry run must not use up a turn. */
  readonly takesTurn: boolean;
  /** The store's time. */
  readonly nowMs: number;
  /** What a budget of the payer has left that has turned the job away. */
  readonly budgetLeft?: NanoUsd | undefined;
}

/** @throws ForebayError when the request is wrong; a plan without candidates is an answer. */
export function planRequest(
  deps: PlanJobDeps,
  request: BoundedRequest,
  subject: PlanSubject,
): PlannedJob {
  const features = describeTask(deps, request);
  const { nowMs, grants, payer, budgetLeft } = subject;
  const defaults = deps.defaults();
  const times = resolveTimes(request.times, nowMs, defaults.deadlineMs);
  const priority = grantedPriority(request.priority, grants);
  const ceiling = grantedCeiling(request.ceiling, grants, defaults.ceilingNanoUsd);
  const catalog = deps.catalog();
  const { deadlineAtMs } = times;
  const brownout = deps.brownout.reasonFor(payer);
  const resolved = { catalog, priority, deadlineAtMs, savesMoney: brownout !== undefined };
  const directives = directRequest({ ...request, features }, subject, resolved);
  const planned = {
    requested: request.requested,
    models: request.models,
    features,
    priority,
    allowedModels: grants.models,
    wishes: request.routing,
    directives,
    brownout,
  };
  const turns = turnsOf(deps, { catalog, request: planned });
  const plan = planRoute({
    catalog,
    request: planned,
    live: deps.live.snapshot(),
    quality: deps.quality.of({
      tenant: payer.tenant,
      user: request.user,
      task: features.task?.class,
    }),
    limits: {
      ceilingLeftNanoUsd: ceiling,
      ...(budgetLeft === undefined ? {} : { budgetLeftNanoUsd: budgetLeft, cutsToBudget: true }),
      deadlineAtMs,
      nowMs,
      countsFromMs: times.runAtMs,
      attemptsPerModelMax: limits.attemptsPerModelMax,
    },
    history: noHistory,
    seed: turns?.next() ?? planSeed(subject.id),
  });
  // What no model can take has had no turn: refusals must not push all others to one model.
  if (subject.takesTurn && plan.candidates.length > 0) turns?.take();
  const riskRetries = request.riskRetries ?? defaults.riskRetries;
  const acceptsLate = request.acceptsLate ?? grants.acceptsLate ?? defaults.acceptsLate;
  return { features, times, priority, ceiling, riskRetries, acceptsLate, directives, plan };
}

/** Whose turn it is, where a route takes its models in turn; a list goes by the job's id. */
function turnsOf(
  deps: PlanJobDeps,
  input: Pick<PlanInput, 'catalog' | 'request'>,
): Turns | undefined {
  const { requested, models } = aimOf(input.request);
  const isRoute = models.length === 0 && input.catalog.routes.has(requested);
  const takesTurns = isRoute && termsOf(input).strategy === 'round-robin';
  return takesTurns ? deps.turns.of(requested) : undefined;
}

/** Parses and bounds an envelope: all that needs neither clock, catalogue nor store. */
export function readRequest(received: ReceivedEnvelope): BoundedRequest {
  const request = parseJobRequest(received.envelope);
  const features = readFeatures(request);
  if (features.imageCount === 0 && received.envelopeBytes > limits.bodyBytesMax) {
    const detail = `The body has ${received.envelopeBytes} bytes and no images; without images`;
    throw new ForebayError('body_too_large', `${detail} the limit is ${limits.bodyBytesMax}.`);
  }
  return { ...request, features };
}

/** The first choice. @throws ForebayError that tells for each model why it cannot take the job. */
export function requireCandidate(
  plan: RoutePlan,
  request: Pick<JobRequest, 'requested' | 'models'>,
  grants: Pick<IntakeGrants, 'models'>,
): RouteCandidate {
  const [first] = plan.candidates;
  if (first !== undefined) return first;
  const errors = plan.exclusions.map((exclusion) => explain(exclusion, request.models));
  const options = { param: request.models.length > 0 ? 'models' : 'model', errors };
  const codes = plan.exclusions.map(({ code }) => code);
  if (codes.every((code) => code === 'unknown_model')) {
    const detail = `There is no model or route "${request.requested}". GET /v1/models lists them.`;
    throw new ForebayError('unknown_model', detail, options);
  }
  if (codes.every((code) => code === 'not_allowed' || code === 'unknown_model')) {
    const allowed = (grants.models ?? []).join(', ');
    const detail = `This key may use ${allowed}; "${request.requested}" leads to nothing else.`;
    throw new ForebayError('forbidden', detail, options);
  }
  if (codes.includes('over_ceiling')) {
    const detail = 'No model that could take this job fits its cost ceiling. Raise max_cost_usd';
    throw new ForebayError('cost_ceiling_exceeded', `${detail}, or lower the output cap.`, {
      ...options,
      param: 'max_cost_usd',
    });
  }
  if (codes.every((code) => code === 'cannot_meet_deadline')) {
    const detail = 'Every model that could take this job is paused beyond its deadline.';
    throw new ForebayError('deadline_unreachable', `${detail} Give it a later one.`, {
      ...options,
      param: 'deadline_at',
    });
  }
  const detail = 'No configured model can take this job; errors tells why for each.';
  throw new ForebayError('no_eligible_model', detail, options);
}

function explain(exclusion: RouteExclusion, models: readonly string[]): ErrorDetail {
  const index = models.indexOf(exclusion.model);
  const pointer = index === -1 ? '/model' : `/models/${index}`;
  return { pointer, code: exclusion.code, detail: `${exclusion.model}: ${exclusion.reason}` };
}
