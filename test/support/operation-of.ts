/** An operation about the tenant `acme`, as it stands once its first page is written down. */
import { parseJobId } from '@forebay/shared/domain/ids';
import {
  newOperationId,
  type Operation,
  type OperationAction,
} from '@forebay/shared/domain/operation';
import { tenantNamed } from './store.ts';

/** @param jobs those of the page. */
export function operationOf(action: OperationAction, jobs: readonly string[]): Operation {
  const tenant = tenantNamed('acme');
  return {
    ...{ id: newOperationId(), version: 1, action, priority: undefined, state: 'running' },
    filter: {
      ...{ tenant, states: ['queued'], model: undefined, batchId: undefined },
      ...{ createdFromMs: undefined, createdBeforeMs: undefined },
    },
    ...{ cancelRequested: false, failures: [], step: 1, isListed: false, after: undefined },
    counts: { matched: jobs.length, done: 0, skipped: 0, failed: 0 },
    page: jobs.flatMap((text) => parseJobId(text) ?? []),
    ...{ createdBy: 'key:x', createdAtMs: Date.now(), endedAtMs: undefined },
  };
}
