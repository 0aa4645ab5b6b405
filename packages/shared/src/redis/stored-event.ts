/** Events as the scripts write them (include/hooks.lua), read back with every part checked. */
import { parseJobId } from '../domain/ids.ts';
import { isJsonObject } from '../domain/json.ts';
import { endpointEventTypes, isJobEventType } from '../domain/webhook-endpoint.ts';
import type { EventSubject } from '../ports/outbox-store.ts';

export interface StoredEvent {
  readonly type: string;
  readonly job?: string;
  readonly tenant: string;
  readonly url?: string;
  readonly version: string;
  readonly at: string;
  readonly attempts?: string;
  readonly sequence?: string;
  readonly run?: string;
  readonly data?: string;
}

/** What the event is about; `undefined` when another version wrote something unknown here. */
export function readSubject(stored: StoredEvent): EventSubject | undefined {
  const { type } = stored;
  if (isJobEventType(type)) {
    const job = parseJobId(stored.job ?? '');
    return job === undefined ? undefined : { type, job, version: Number(stored.version) };
  }
  const known = endpointEventTypes.find((candidate) => candidate === type);
  const data: unknown = JSON.parse(stored.data ?? 'null');
  if (known === undefined || !isJsonObject(data)) return undefined;
  return { type: known, job: undefined, data };
}

export function readSequence(stored: StoredEvent): number | undefined {
  return stored.sequence === undefined ? undefined : Number(stored.sequence);
}
