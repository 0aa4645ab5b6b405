/** Models that stand before others whatever their score: a canary, a session's, preferred ones. */
import type { PlanInput } from './plan-input.ts';
import type { RouteTerms } from './route-terms.ts';

export interface Standing {
  /** Lower stands first; the score decides among equals. */
  readonly place: number;
  /** Why it does not stand where its score would put it. */
  readonly why?: string;
}

const usual: Standing = { place: 3 };

export type StandingOf = (model: string) => Standing;

/**
 * A canary leads; the model of a session and preferred models give way to doubts, and preferred
 * ones also to a caller who has put the models in order. While money runs short nobody leads.
 *
 * @param isDoubtful whether something speaks against every model that is left.
 */
export function standingOf(
  { request }: PlanInput,
  { strategy, brownout }: RouteTerms,
  isDoubtful: boolean,
): StandingOf {
  const { leadWith, stickTo, preferModels } = request.directives ?? {};
  if (brownout !== undefined) return () => usual;
  const session = isDoubtful ? undefined : stickTo;
  const preferred = isDoubtful || strategy === 'listed' ? [] : (preferModels ?? []);
  return (model) => {
    if (model === leadWith) return { place: 0, why: 'leads as a canary' };
    if (model === session) return { place: 1, why: 'answered this session before' };
    if (preferred.includes(model)) return { place: 2, why: 'is preferred' };
    return usual;
  };
}
