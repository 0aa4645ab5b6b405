/** `/v1/jobs/{id}/events`: what becomes of a job, as server-sent events that can be resumed. */
import { splitEventId } from '@forebay/shared/domain/event-id';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import type { KeyedRoute } from '../http/route-table.ts';
import type { JobEventStreams, StreamItem } from '../intake/job-event-streams.ts';
import { requireJobId } from '../intake/read-job.ts';
import { viewError } from '../intake/view-error.ts';
import { viewJobEvent } from '../intake/view-job-event.ts';

export interface EventRoutesDeps {
  readonly streams: Pick<JobEventStreams, 'open'>;
}

export function eventRoutes(deps: EventRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/jobs/:id/events',
      summary: 'Follow a job as it changes',
      scope: 'jobs:read',
      limits: { bodyBytesMax: 0, waitSecondsMax: limits.eventStreamMaxSeconds },
      audit: 'read',
      requestSchema: 'none',
      handle: (call) => getEvents(deps, call),
    },
  ];
}

async function getEvents({ streams }: EventRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const id = requireJobId(call.params['id'] ?? '');
  const { tenant, keyId } = call.caller;
  const afterId = readPosition(call);
  const opened = await streams.open({ tenant, id, keyId, afterId, signal: call.signal });
  // This status makes an EventSource stop; after any other end it would connect again for ever.
  if (opened.kind === 'ended') return { status: 204 };
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // Proxies that collect replies before they pass them on would defeat the purpose.
      'X-Accel-Buffering': 'no',
    },
    chunks: closing(asText(opened.items), opened.close),
  };
}

/** How long an EventSource waits before it connects again. */
const reconnectMs = 1_000;

async function* asText(items: AsyncIterable<StreamItem>): AsyncGenerator<string, void> {
  yield `retry: ${reconnectMs}\n\n`;
  for await (const item of items) yield textOf(item);
}

/** Ending the pieces closes the stream, also before the first one was asked for. */
function closing(pieces: AsyncGenerator<string, void>, close: () => void): AsyncIterable<string> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => pieces.next(),
      return: () => {
        close();
        return pieces.return();
      },
    }),
  };
}

function textOf(item: StreamItem): string {
  switch (item.kind) {
    case 'silence':
      return ': nothing new\n\n';
    case 'pause':
      return ': this stream ends here; resume it after the last id\n\n';
    case 'refused':
      // Without an id: it is no event of the job.
      return `event: error\ndata: ${JSON.stringify(viewError(item.error))}\n\n`;
    case 'events':
      return item.events
        .map((event) => {
          const { type, data } = viewJobEvent(item.record, event);
          return `id: ${event.id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
        })
        .join('');
  }
}

/**
 * After which event the stream begins: `Last-Event-ID`, which is what a client that reconnects
 * sends by itself, before `starting_after`, which stays in its URL.
 */
function readPosition(call: AuthenticatedCall): number {
  const [header, ...others] = call.headers('last-event-id');
  if (header !== undefined) return parsePosition('Last-Event-ID', [header, ...others]);
  const [text, ...more] = call.query.getAll('starting_after');
  return text === undefined ? 0 : parsePosition('starting_after', [text, ...more]);
}

function parsePosition(param: string, texts: readonly string[]): number {
  const [text = ''] = texts;
  const id = Number(text);
  const { number } = splitEventId(id);
  if (texts.length === 1 && /^\d{1,15}$/.test(text) && Number.isSafeInteger(number)) return id;
  const detail = `"${param}": expected one id of an event, a whole number of up to 15 digits.`;
  throw new ForebayError('invalid_request', detail, { param });
}
