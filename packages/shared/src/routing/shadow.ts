/**
 * Which ended jobs of a route get a shadow: the same request once more, to a model that is to be
 * compared (decision 0048). Pure; asked after the job's end, so that nothing of the job depends on
 * the answer.
 */
import type { JobId, TenantId } from '../domain/ids.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Catalog, Route, RouteShadow } from '../domain/model-catalog.ts';
import { aimOf } from './plan-input.ts';
import { drawFor, planSeed } from './plan-seed.ts';

/** Why a job that was drawn for a shadow has none, as metrics count it. */
export type ShadowRefusal =
  /** A key, a rule or a wish keeps the job from the model. */
  | 'not_allowed'
  /** The shadow's model has answered the job itself. */
  | 'same_model'
  /** It has ended its workers, and would end those of its shadow. */
  | 'quarantined';

export interface ShadowChoice {
  readonly route: string;
  readonly shadow: RouteShadow;
  /** `undefined` when it may have its shadow. */
  readonly refusal: ShadowRefusal | undefined;
}

/** Below this many percent a job has a shadow: 0 to 100, the same each time. */
export function shadowDraw(job: { readonly tenant: TenantId; readonly id: JobId }): number {
  return drawFor(planSeed(`${job.tenant}/${job.id}`), 'shadow') * 100;
}

/** The largest share of any route; 0 while no route has a shadow. */
export function shadowPercentMax({ routes }: Catalog): number {
  return Math.max(0, ...[...routes.values()].map(({ shadow }) => shadow?.percent ?? 0));
}

/** `undefined` for a job that was not drawn or never called, or whose route has no shadow. */
export function chooseShadow(catalog: Catalog, record: JobRecord): ShadowChoice | undefined {
  if (record.attempts.at(-1)?.end === undefined) return undefined;
  const route = routeOf(catalog, record);
  const shadow = route?.shadow;
  if (route === undefined || shadow === undefined) return undefined;
  // A tenant that pays for shadows is the operator's own: its jobs are no traffic to compare on.
  if (record.tenant === shadow.tenant || shadowDraw(record) >= shadow.percent) return undefined;
  return { route: route.name, shadow, refusal: refusalOf(catalog, record, shadow) };
}

/** The route that the job was sent to in the end, by its caller, an alias or a rule. */
function routeOf({ routes }: Catalog, { spec }: JobRecord): Route | undefined {
  const { requested, models } = aimOf(spec);
  return models.length > 0 ? undefined : routes.get(requested);
}

/**
 * The prompt goes where it has not been: what would keep the job from the model, or rather would,
 * keeps its shadow away, too. A key that may name the route has not named this model.
 */
function refusalOf(
  { models }: Catalog,
  { model, spec, error }: JobRecord,
  shadow: RouteShadow,
): ShadowRefusal | undefined {
  if (error?.code === 'quarantined') return 'quarantined';
  const { requireTags = [], forbidModels = [], avoidModels = [] } = spec.directives ?? {};
  const tags = models.get(shadow.model)?.tags ?? [];
  const mayGo =
    (spec.allowedModels?.includes(shadow.model) ?? true) &&
    ![...forbidModels, ...avoidModels].includes(shadow.model) &&
    requireTags.every((tag) => tags.includes(tag));
  if (!mayGo) return 'not_allowed';
  return model === shadow.model ? 'same_model' : undefined;
}

/** Whether a shadow that waits is still wanted: its route may have another one by now, or none. */
export function wantsShadow({ routes }: Catalog, { model, route }: ShadowAim): boolean {
  const shadow = routes.get(route)?.shadow;
  return shadow?.model === model && shadow.percent > 0;
}

interface ShadowAim {
  readonly model: string;
  readonly route: string;
}
