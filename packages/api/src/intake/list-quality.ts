/** What a tenant has learned of models: what was said of their answers, and what these showed. */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { Catalog, Model } from '@forebay/shared/domain/model-catalog';
import type { QualitySum } from '@forebay/shared/domain/quality-sum';
import type { QualityStore } from '@forebay/shared/ports/quality-store';
import { flawShare } from '@forebay/shared/routing/flaw-share';
import { learnedQuality } from '@forebay/shared/routing/learned-quality';
import { priorQualityOf } from '@forebay/shared/routing/quality-of';

export interface ListQualityDeps {
  readonly quality: Pick<QualityStore, 'sums'>;
  readonly catalog: () => Catalog;
}

/**
 * A row for each model and task of which anything is known, task by task, best first. Models that
 * are no longer configured are left out.
 *
 * @param user sees the figures that jobs of this user are planned by; `undefined` for the tenant's.
 */
export async function listQuality(
  { quality, catalog }: ListQualityDeps,
  tenant: TenantId,
  user: string | undefined,
): Promise<readonly JsonObject[]> {
  const [ofTenant, ofUser] = await Promise.all([
    quality.sums(tenant),
    user === undefined ? [] : quality.sums(tenant, user),
  ]);
  const { models } = catalog();
  const rows = ofTenant.flatMap((sum) => {
    const model = models.get(sum.model);
    return model === undefined ? [] : [viewSum(model, sum, { tenant: ofTenant, user: ofUser })];
  });
  return rows.toSorted(
    (left, right) =>
      compare(left.task ?? '', right.task ?? '') || (right.quality ?? 0) - (left.quality ?? 0),
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

interface KnownSums {
  readonly tenant: readonly QualitySum[];
  readonly user: readonly QualitySum[];
}

function viewSum(model: Model, sum: QualitySum, known: KnownSums) {
  const { task, count, scores, seen } = sum;
  const prior = priorQualityOf(model, task) ?? null;
  const learned = learnedQuality({ model, task, ...known });
  return {
    model: model.name,
    task: task ?? null,
    quality: learned?.value ?? prior,
    source: learned?.source ?? (prior === null ? null : 'prior'),
    prior,
    judgements: { count: rounded(count), mean: count === 0 ? null : rounded(scores / count) },
    answers: {
      count: rounded(seen?.attempts ?? 0),
      of_no_use: rounded(seen?.flaws ?? 0),
      certain_share: rounded(seen === undefined ? 0 : flawShare(seen)),
    },
  };
}

/** They fade, so that none of them stays whole. */
function rounded(figure: number): number {
  return Math.round(figure * 100) / 100;
}
