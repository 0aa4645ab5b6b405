/** How many tickets of a model may stand in BullMQ before measured throughput widens that. */
import { limits } from './limits.ts';
import type { Model } from './model-catalog.ts';

/** 2 × concurrency, at least 16; `undefined` is a model that is no longer configured. */
export function windowBase(model: Pick<Model, 'deployments'> | undefined): number {
  const concurrency = (model?.deployments ?? []).reduce((sum, entry) => sum + entry.concurrency, 0);
  return Math.max(limits.windowMin, 2 * concurrency);
}
