/**
 * The span of a request. Only whoever has a key is traced, so that nobody else can fill the
 * collector; the span tells from the first byte on all the same.
 */
import { callersTrace, openSpan, type Span } from '@forebay/shared/telemetry/tracing';
import type { Request } from 'express';
import type { KeyedRoute, StreamedRoute } from './route-table.ts';

/** @param begunMsAgo since the request's first byte. */
export function openRequestSpan(
  route: KeyedRoute | StreamedRoute,
  request: Request,
  begunMsAgo: number,
): Span {
  const header = (name: string): readonly string[] => request.headersDistinct[name] ?? [];
  const path = route.path.replaceAll('\\', '');
  return openSpan(`${route.method} ${path}`, {
    kind: 'server',
    under: callersTrace(header('traceparent'), header('tracestate')),
    attributes: { 'http.request.method': route.method, 'http.route': path },
    begunMsAgo,
  });
}
