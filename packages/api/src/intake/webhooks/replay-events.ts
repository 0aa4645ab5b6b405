/** Sends events to a webhook endpoint once more, under the ids that they had. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { EndpointRef, ReplayResult } from '@forebay/shared/ports/webhook-endpoint-store';
import { type EndpointDeps, readEndpoint } from './manage-endpoints.ts';
import { parseReplayWindow } from './parse-endpoint-request.ts';

/** Events that one call makes due. */
const replayMax = 1_000;

type ReplayDeps = Pick<EndpointDeps, 'endpoints'>;

/** @throws ForebayError `invalid_request`, `not_found`, `endpoint_disabled`. */
export async function replayWindow(
  deps: ReplayDeps,
  ref: EndpointRef,
  body: unknown,
): Promise<ReplayResult> {
  const window = parseReplayWindow(body);
  await requireEnabled(deps, ref);
  return deps.endpoints.replay(ref, { ...window, limit: replayMax });
}

/** @throws ForebayError `not_found` for an event that is not in the list, `endpoint_disabled`. */
export async function replayEvent(
  deps: ReplayDeps,
  ref: EndpointRef,
  eventId: string,
): Promise<ReplayResult> {
  await requireEnabled(deps, ref);
  // The number of an event is the end of its id.
  const digits = /^evt_[0-9a-f]{40}_(\d{1,15})$/.exec(eventId)?.[1];
  if (digits === undefined) throw noSuchEvent();
  const number = Number(digits);
  const window = { first: number, last: number, limit: 1, eventId };
  const result = await deps.endpoints.replay(ref, window);
  if (result.count === 0) throw noSuchEvent();
  return result;
}

async function requireEnabled(deps: ReplayDeps, ref: EndpointRef): Promise<void> {
  const endpoint = await readEndpoint(deps, ref);
  if (endpoint.disabled === undefined) return;
  throw new ForebayError(
    'endpoint_disabled',
    'The webhook endpoint is switched off, so nothing would be sent. Set "enabled" to true first.',
  );
}

function noSuchEvent(): ForebayError {
  return new ForebayError(
    'not_found',
    'The endpoint has no such event. Check the id; old events leave the list.',
  );
}
