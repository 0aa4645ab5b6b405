/**
 * What earlier attempts of a job have shown of its request, whichever model it is on by now: a
 * prompt that did not fit one window fits no smaller one, content that a model filtered is
 * filtered by it again, and what its API has no form for gets none. The models that take over then
 * may be a list of their own.
 */
import type { JobRecord } from '@forebay/shared/domain/job';
import type { Catalog, Model } from '@forebay/shared/domain/model-catalog';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import type { PlanHistory } from '@forebay/shared/routing/plan-input';
import { aimOf } from '@forebay/shared/routing/plan-input';

/** @param settlement how the attempt that runs has just ended, if it has. */
export function pastFailures(
  record: JobRecord,
  catalog: Catalog,
  settlement: AttemptSettlement | undefined,
): Pick<PlanHistory, 'excluded' | 'largerContextThanTokens'> {
  const ends = endsOf(record, settlement);
  const windows = ends
    .filter(({ outcome }) => outcome === 'context_too_long')
    .map(({ model }) => catalog.models.get(model)?.contextWindowTokens ?? 0);
  return {
    excluded: new Map(
      ends.flatMap(({ model, ...end }) => {
        const why = whyNeverAgain(end);
        return why === undefined ? [] : [[model, why]];
      }),
    ),
    largerContextThanTokens: windows.length === 0 ? undefined : Math.max(...windows),
  };
}

function whyNeverAgain({ outcome, ambiguity }: Omit<End, 'model'>): string | undefined {
  if (outcome === 'content_filtered') return 'it filtered this content';
  const isUnsent = outcome === 'bad_request' && ambiguity === 'not_sent';
  return isUnsent ? 'its API has no form for this request' : undefined;
}

/**
 * The list that takes over from the model which last had one for the way in which it failed;
 * `undefined` for the plan's own models. A caller's list is the caller's word, and nothing is
 * added to it.
 */
export function ownFallbacks(
  record: JobRecord,
  catalog: Catalog,
  settlement: AttemptSettlement | undefined,
): readonly string[] | undefined {
  if (aimOf(record.spec).models.length > 0) return undefined;
  for (const { model, outcome } of endsOf(record, settlement).toReversed()) {
    const list = listFor(catalog.models.get(model), outcome);
    if (list.length > 0) return list;
  }
  return undefined;
}

function listFor(model: Model | undefined, outcome: End['outcome']): readonly string[] {
  if (outcome === 'context_too_long') return model?.contextFallbacks ?? [];
  return outcome === 'content_filtered' ? (model?.contentFallbacks ?? []) : [];
}

interface End extends Pick<AttemptSettlement['end'], 'outcome' | 'ambiguity'> {
  readonly model: string;
}

/** Oldest first. */
function endsOf(record: JobRecord, settlement: AttemptSettlement | undefined): readonly End[] {
  return record.attempts.flatMap(({ model, fence, end }) => {
    const known = fence === settlement?.fence ? settlement.end : end;
    if (known === undefined) return [];
    return [{ model, outcome: known.outcome, ambiguity: known.ambiguity }];
  });
}
