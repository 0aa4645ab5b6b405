/**
 * What tenants and their users think of models, as plans read it. One process's view, read again
 * every few seconds for those who ask, and never waited for: who is not known yet is planned by
 * the operator's priors. A tenant sees its own judgements alone.
 */
import type { TenantId } from '../domain/ids.ts';
import type { Catalog } from '../domain/model-catalog.ts';
import type { QualitySum } from '../domain/quality-sum.ts';
import type { QualityFigure } from '../domain/route-plan.ts';
import type { TaskClass } from '../domain/task-class.ts';
import type { QualityStore } from '../ports/quality-store.ts';
import { learnedQuality } from '../routing/learned-quality.ts';
import type { Clock } from '../runtime/clock.ts';
import { createGlances } from './glances.ts';

export interface QualityViewDeps {
  readonly quality: Pick<QualityStore, 'sums'>;
  readonly catalog: () => Catalog;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly onError: (error: unknown) => void;
}

/** For whom a job is, and what it asks for. */
export interface QualityAsk {
  readonly tenant: TenantId;
  readonly user: string | undefined;
  readonly task: TaskClass | undefined;
}

export interface QualityView {
  /** How good models are for such a job; `undefined` where nobody has judged any. */
  of(ask: QualityAsk): (model: string) => QualityFigure | undefined;
}

const freshMs = 5_000;
/** Tenants and users remembered; who was asked for the longest ago goes first. */
const subjectsMax = 20_000;

export function createQualityView(deps: QualityViewDeps): QualityView {
  const { quality, clock, onError } = deps;
  const settings = { clock, freshMs, entriesMax: subjectsMax, onError };
  const glances = createGlances<readonly QualitySum[]>(settings);
  const sumsOf = (tenant: TenantId, user?: string): readonly QualitySum[] => {
    // A tenant's name has no slash.
    const subject = user === undefined ? tenant : `${tenant}/${user}`;
    return glances.of(subject, () => quality.sums(tenant, user)) ?? [];
  };
  return {
    of({ tenant, user, task }) {
      const ofTenant = sumsOf(tenant);
      // Who has judged stands in the tenant's sums too; of others nothing is kept.
      const anyJudged = user !== undefined && ofTenant.some(({ count }) => count > 0);
      const ofUser = anyJudged ? sumsOf(tenant, user) : [];
      return (name) => {
        const model = deps.catalog().models.get(name);
        return model && learnedQuality({ model, task, tenant: ofTenant, user: ofUser });
      };
    },
  };
}
