/** What is known of a request from its first byte to its last: id, start, route, caller. */
import { newToken } from '@forebay/shared/domain/ids';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { Span } from '@forebay/shared/telemetry/tracing';
import type { NextFunction, Request, Response } from 'express';
import type { Caller } from './api-call.ts';
import type { HttpEvents } from './http-events.ts';

export interface RequestContext {
  readonly requestId: string;
  readonly startedMs: number;
  /** The template of the matched route; `unmatched` until one has matched. */
  route: string;
  caller: Caller | undefined;
  /** `undefined` until it is known who calls. */
  span: Span | undefined;
}

const contexts = new WeakMap<Response, RequestContext>();

/** Ids that callers may choose: harmless in headers and logs. */
const acceptedId = /^[A-Za-z0-9._-]{8,128}$/;

/** First in the chain: gives the request its context and tells when it has ended. */
export function openContext(deps: { readonly clock: Clock; readonly events: HttpEvents }) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const given = request.headersDistinct['x-request-id'] ?? [];
    const [id] = given;
    const accepted = id !== undefined && given.length === 1 && acceptedId.test(id);
    const context: RequestContext = {
      requestId: accepted ? id : newToken('req'),
      startedMs: deps.clock.monotonicMs(),
      route: 'unmatched',
      caller: undefined,
      span: undefined,
    };
    contexts.set(response, context);
    response.setHeader('X-Request-Id', context.requestId);
    response.once('close', () => {
      const status = response.writableFinished ? response.statusCode : 499;
      insideRequest(response, () => tellEnd(deps, { context, method: request.method, status }));
      endSpan(context, status);
    });
    next();
  };
}

/** The context that `openContext` has made. */
export function contextOf(response: Response): RequestContext {
  const context = contexts.get(response);
  if (context === undefined) throw new Error('openContext must run first');
  return context;
}

/** Runs something as a part of the request's span, if it has one by now. */
export function insideRequest<T>(response: Response, run: () => T): T {
  const { span } = contextOf(response);
  return span === undefined ? run() : span.within(run);
}

interface EndedRequest {
  readonly context: RequestContext;
  readonly method: string;
  readonly status: number;
}

function tellEnd(
  { clock, events }: { readonly clock: Clock; readonly events: HttpEvents },
  { context, method, status }: EndedRequest,
): void {
  events.emit('request.ended', {
    requestId: context.requestId,
    method,
    route: context.route,
    status,
    durationMs: Math.round(clock.monotonicMs() - context.startedMs),
    tenant: context.caller?.tenant,
    keyId: context.caller?.keyId,
  });
}

function endSpan({ span, requestId, caller }: RequestContext, status: number): void {
  if (span === undefined) return;
  span.set({
    'http.response.status_code': status,
    'forebay.request_id': requestId,
    'forebay.tenant': caller?.tenant,
  });
  if (status >= 500) span.fail(String(status));
  span.end();
}
