/**
 * The body of a webhook: thin, and the same bytes for every attempt of one event as long as the
 * job does not change. Results are fetched, not sent.
 */
import type { JobEventType, JobRecord } from '@forebay/shared/domain/job';
import type { JobState } from '@forebay/shared/domain/job-state';
import { formatUsd } from '@forebay/shared/domain/money';
import type { JobOutboxEvent, OutboxEvent } from '@forebay/shared/ports/outbox-store';

/** The state that each event announces. */
export const announcedState: Readonly<Record<JobEventType, JobState>> = {
  'job.succeeded': 'succeeded',
  'job.failed': 'failed',
  'job.cancelled': 'cancelled',
  'job.expired': 'expired',
  'job.started': 'running',
  'job.reassigned': 'queued',
};

/** An event about an endpoint: what it tells was written with it. */
export type EndpointOutboxEvent = Exclude<OutboxEvent, JobOutboxEvent>;

/** The body of an event that no job stands behind. */
export function buildEndpointEventBody({ type, atMs, data }: EndpointOutboxEvent): Uint8Array {
  return Buffer.from(JSON.stringify({ type, timestamp: new Date(atMs).toISOString(), data }));
}

export interface WebhookBodyParts {
  readonly event: JobOutboxEvent;
  readonly record: JobRecord;
  /** Put before the path of the job, without a slash at its end; empty gives a bare path. */
  readonly publicUrl: string;
}

/** Writes the body; `data.version` is the version that a poll shows at the least (P5). */
export function buildJobEventBody({ event, record, publicUrl }: WebhookBodyParts): Uint8Array {
  const status = announcedState[event.type];
  const body = {
    type: event.type,
    timestamp: new Date(event.atMs).toISOString(),
    data: {
      id: record.id,
      object: 'job',
      status,
      version: event.version,
      job_url: `${publicUrl}/v1/jobs/${record.id}`,
      requested_model: record.spec.requested,
      // While a job is under way these change from one attempt to the next: only ends carry them.
      ...(record.state === status ? endOf(record) : {}),
      custom_id: record.spec.customId ?? null,
      user: record.spec.user ?? null,
      metadata: record.spec.metadata,
    },
  };
  return Buffer.from(JSON.stringify(body));
}

function endOf(record: JobRecord) {
  if (record.finishedAtMs === undefined) return {};
  const { ceiling, spent, unknown } = record.money;
  return {
    model: record.model,
    finished_at: new Date(record.finishedAtMs).toISOString(),
    cost: {
      ceiling: formatUsd(ceiling),
      spent: formatUsd(spent),
      unknown: formatUsd(unknown),
      currency: 'USD',
    },
    error:
      record.error === undefined
        ? null
        : { code: record.error.code, message: record.error.message },
  };
}
