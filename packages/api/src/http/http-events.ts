/** What the listeners tell: one event per request, and one per failure of ours. */
import type { Events } from '@forebay/shared/telemetry/events';

export type HttpEventMap = {
  'request.ended': {
    requestId: string;
    method: string;
    route: string;
    /** 499 when the caller hung up before the reply was complete. */
    status: number;
    durationMs: number;
    tenant: string | undefined;
    keyId: string | undefined;
  };
  'request.failed': { requestId: string; route: string; code: string; error: unknown };
};

export type HttpEvents = Pick<Events<HttpEventMap>, 'emit'>;
