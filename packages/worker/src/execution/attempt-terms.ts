/** What an attempt may produce and cost at most where it runs. */
import type { JobRecord } from '@forebay/shared/domain/job';
import type { Deployment, Model } from '@forebay/shared/domain/model-catalog';
import type { NanoUsd } from '@forebay/shared/domain/money';
import { outputCapOf, worstCase } from '@forebay/shared/pricing/price-attempt';

export interface AttemptPlace {
  readonly model: Model;
  readonly deployment: Deployment;
}

/** The worst case at a deployment by its present price. */
export function worstCaseNow(record: JobRecord, { model, deployment }: AttemptPlace): NanoUsd {
  return worstCase({
    model,
    deployments: [deployment],
    features: record.spec.features,
    outputCapTokens: capOf(record, model),
  });
}

/** The output cap that is sent, per choice. */
export function capOf(record: JobRecord, model: Model): number {
  const candidate = record.plan.candidates.find((entry) => entry.model === model.name);
  return candidate?.outputCapTokens ?? outputCapOf(model, record.spec.features).tokens;
}
