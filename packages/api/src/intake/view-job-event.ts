/** Events of a job as readers of its stream get them. The terminal one tells the cost as well. */
import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { JsonObject } from '@forebay/shared/domain/json';
import { resultPath, viewCost, viewUsage } from './job-view.ts';
import type { GapReason, JobEvent } from './list-job-events.ts';

export interface ViewedEvent {
  readonly type: string;
  readonly data: JsonObject;
}

/** @param record as it stood when the event was read. */
export function viewJobEvent(record: JobRecord, event: JobEvent): ViewedEvent {
  const { type, data } = viewByKind(record, event);
  return { type, data: { id: record.id, sequence: event.id, type, ...data } };
}

function viewByKind(record: JobRecord, event: JobEvent): ViewedEvent {
  switch (event.kind) {
    case 'delta': {
      const { choice, field, text } = event.delta;
      return { type: 'job.delta', data: { attempt: event.attempt, choice, field, text } };
    }
    case 'gap':
      return {
        type: 'job.gap',
        data: { reason: { code: event.reason, text: gapTexts[event.reason] } },
      };
    case 'state': {
      const { state, atMs, reasonCode, model, attempts, version } = event.change;
      const data = {
        at: new Date(atMs).toISOString(),
        status: state,
        reason: reasonCode,
        model,
        attempt: attempts,
        version,
      };
      const end = isTerminal(state) ? viewEnd(record) : {};
      return { type: `job.${state}`, data: { ...data, ...end } };
    }
  }
}

const gapTexts: Readonly<Record<GapReason, string>> = {
  history_trimmed: 'earlier changes of state are not kept any more',
  deltas_trimmed: 'text of the answer up to here is not kept any more',
  deltas_incomplete: 'the answer has more than was shown while it was written; read the result',
};

function viewEnd(record: JobRecord): JsonObject {
  const { error } = record;
  return {
    cost: viewCost(record),
    usage: viewUsage(record.usage),
    error: error === undefined ? null : { code: error.code, message: error.message },
    result_url: record.hasResult ? resultPath(record.id) : null,
  };
}
