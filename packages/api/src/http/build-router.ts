/**
 * Makes a router from a route table: context → key → scope → body → handler → reply.
 *
 * The key is checked before a byte of the body is read. Errors become problems in one place
 * (`serve-problem`); methods that a path does not have get 405 with `Allow`.
 */

import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Json } from '@forebay/shared/domain/json';
import { clientAddress, type Network } from '@forebay/shared/domain/network';
import type { Clock } from '@forebay/shared/runtime/clock';
import { type Request, type Response, Router } from 'express';
import type { AdminCall, ApiCall, ApiReply, AuthenticatedCall, Caller } from './api-call.ts';
import { type Authenticator, type Credentials, requireScope } from './authenticate.ts';
import type { OperatorGate } from './authenticate-operator.ts';
import type { Drain, TrackedCall } from './drain.ts';
import { parseGuardedJson } from './json-guard.ts';
import type { RequestLimiter } from './limit-requests.ts';
import { readJsonBytes, streamBody } from './read-body.ts';
import { contextOf, insideRequest } from './request-context.ts';
import { openRequestSpan } from './request-span.ts';
import type { AdminRoute, KeyedRoute, Route, StreamedRoute } from './route-table.ts';
import { sendChunks, sendReply } from './send-reply.ts';
import type { CallerWatch } from './watch-callers.ts';

export interface RouterDeps {
  readonly authenticator: Authenticator;
  /** Ends calls that stay open when their key has ended. */
  readonly callers: Pick<CallerWatch, 'watch'>;
  /** Only where the table has routes of operators. */
  readonly operators?: OperatorGate;
  /** Holds keys to their requests per minute. */
  readonly requests: RequestLimiter;
  readonly drain: Drain;
  readonly clock: Clock;
  /** Networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly Network[];
}

const registrars = {
  GET: 'get',
  POST: 'post',
  PUT: 'put',
  PATCH: 'patch',
  DELETE: 'delete',
} as const;

type AnyRoute = Route | AdminRoute;

export function buildRouter(deps: RouterDeps, table: readonly AnyRoute[]): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const paths = new Set(table.map((route) => route.path));
  for (const path of paths) {
    const routes = table.filter((route) => route.path === path);
    for (const route of routes) {
      // Express answers HEAD by the GET handler, without the body.
      router[registrars[route.method]](path, (request, response) =>
        serve(deps, route, { request, response }),
      );
    }
    router.all(path, (request, response) => refuseMethod(routes, request, response));
  }
  return router;
}

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

interface OpenExchange extends Exchange {
  readonly tracked: TrackedCall;
  /** Run when the reply is out. */
  readonly atEnd: (() => void)[];
}

async function serve(deps: RouterDeps, route: AnyRoute, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const context = contextOf(response);
  context.route = route.path;
  const tracked = deps.drain.track(response);
  const atEnd = [() => tracked.release()];
  try {
    const reply = await handle(deps, route, { ...exchange, tracked, atEnd });
    if (route.input === 'stream' && !request.complete) response.setHeader('Connection', 'close');
    if (isChunked(reply)) {
      await insideRequest(response, () => sendChunks(response, reply, deps.clock));
    } else sendReply(response, reply);
  } finally {
    for (const release of atEnd) release();
  }
  // What a handler did not read must not hold the connection.
  if (!request.complete) request.resume();
}

function isChunked(reply: ApiReply): reply is ApiReply & Required<Pick<ApiReply, 'chunks'>> {
  return reply.chunks !== undefined;
}

async function handle(
  deps: RouterDeps,
  route: AnyRoute,
  exchange: OpenExchange,
): Promise<ApiReply> {
  if (route.scope === 'open') return route.handle(await readCall(deps, route, exchange));
  if ('for' in route) return handleOperator(deps, route, exchange);
  const credentials = credentialsOf(deps, exchange.request);
  const caller = await deps.authenticator.authenticate(credentials);
  const context = contextOf(exchange.response);
  context.caller = caller;
  const begunMsAgo = deps.clock.monotonicMs() - context.startedMs;
  context.span = openRequestSpan(route, exchange.request, begunMsAgo);
  return insideRequest(exchange.response, async () => {
    await holdToLimit(deps, caller, exchange.response);
    requireScope(caller, route.scope);
    watchWhileOpen(deps, { route, credentials }, exchange);
    const call: AuthenticatedCall = { ...(await readCall(deps, route, exchange)), caller };
    if (route.input !== 'stream') return route.handle(call);
    const input = streamBody(exchange.request, deps.clock);
    const requireStillAllowed = async (): Promise<void> =>
      requireScope(await deps.authenticator.authenticate(credentials), route.scope);
    return route.handle({ ...call, input, requireStillAllowed });
  });
}

/** A call that may take longer than its key lives. */
function watchWhileOpen(
  { callers }: RouterDeps,
  { route, credentials }: { route: KeyedRoute | StreamedRoute; credentials: Credentials },
  { tracked, atEnd }: OpenExchange,
): void {
  if (route.input !== 'stream' && route.limits.waitSecondsMax === 0) return;
  const { scope } = route;
  const watched = callers.watch({ credentials, scope, end: (refusal) => tracked.end(refusal) });
  atEnd.push(() => watched.release());
}

/** The headers go with whatever is answered. @throws ForebayError `key_limit_exceeded` */
async function holdToLimit(
  { requests }: RouterDeps,
  caller: Caller,
  response: Response,
): Promise<void> {
  const { headers, refusal } = await requests.take(caller);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (refusal !== undefined) throw refusal;
}

function credentialsOf({ trustedProxies }: RouterDeps, { headersDistinct, socket }: Request) {
  const forwarded = headersDistinct['x-forwarded-for'] ?? [];
  const credentials: Credentials = {
    headers: headersDistinct['authorization'] ?? [],
    address: clientAddress(socket.remoteAddress ?? '', forwarded, trustedProxies),
  };
  return credentials;
}

async function handleOperator(
  deps: RouterDeps,
  route: AdminRoute,
  exchange: OpenExchange,
): Promise<ApiReply> {
  const { operators } = deps;
  if (operators === undefined) throw new Error('this listener has no gate for operators');
  const operator = await operators.admit(route, exchange.request);
  const call: AdminCall = { ...(await readCall(deps, route, exchange)), operator };
  return route.handle(call);
}

async function readCall(
  deps: RouterDeps,
  route: AnyRoute,
  { request, response, tracked }: OpenExchange,
): Promise<ApiCall> {
  const { bodyBytesMax } = route.limits;
  const isRead = bodyBytesMax > 0 && route.input !== 'stream' && !mayLackBody(route, request);
  const bytes = isRead ? await readJsonBytes(request, bodyBytesMax, deps.clock) : undefined;
  const body: Json = bytes === undefined ? null : parseGuardedJson(bytes);
  return {
    method: route.method,
    pathTemplate: route.path,
    params: textParams(request),
    query: new URLSearchParams(/\?(.*)$/s.exec(request.originalUrl)?.[1] ?? ''),
    headers: (name) => request.headersDistinct[name.toLowerCase()] ?? [],
    body,
    bodyBytes: bytes?.length ?? 0,
    requestId: contextOf(response).requestId,
    signal: tracked.signal,
  };
}

function mayLackBody(route: AnyRoute, { headers }: Request): boolean {
  const isOptional = 'bodyIsOptional' in route && route.bodyIsOptional === true;
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return isOptional && !hasBody;
}

/** Our paths have no wildcards, so every parameter is one text. */
function textParams(request: Request): Record<string, string> {
  const entries = Object.entries(request.params);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function refuseMethod(routes: readonly AnyRoute[], request: Request, response: Response): void {
  const methods = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  const allow = [...methods, 'OPTIONS'].join(', ');
  response.setHeader('Allow', allow);
  if (request.method === 'OPTIONS') {
    sendReply(response, { status: 204 });
    return;
  }
  throw new ForebayError('method_not_allowed', `This path takes ${allow}.`);
}
