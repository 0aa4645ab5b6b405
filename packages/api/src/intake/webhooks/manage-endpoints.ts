/**
 * Registers, shows, changes and removes webhook endpoints. A foreign endpoint and a missing one are
 * the same: not found.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { TenantId } from '@forebay/shared/domain/ids';
import type { Json } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import {
  defaultWebhookFilters,
  newWebhookEndpointId,
  parseWebhookEndpointId,
  type WebhookEndpoint,
  webhookEndpointIdOf,
} from '@forebay/shared/domain/webhook-endpoint';
import type { IdempotencyClaim, JobStore } from '@forebay/shared/ports/job-store';
import type {
  EndpointRef,
  EndpointWrite,
  WebhookEndpointStore,
} from '@forebay/shared/ports/webhook-endpoint-store';
import type { SecretSeal } from '@forebay/shared/webhooks/secret-seal';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { keyUsedOtherwise } from '../find-earlier-job.ts';
import { requestProblem } from '../request-problems.ts';
import {
  type EndpointRequest,
  parseEndpointRequest,
  parseRotation,
} from './parse-endpoint-request.ts';

export interface EndpointDeps {
  readonly endpoints: WebhookEndpointStore;
  readonly jobs: Pick<JobStore, 'nowMs'>;
  readonly seal: SecretSeal;
  /** Why a URL may not be called, as a sentence; `undefined` when it may. */
  readonly refuseWebhookUrl: (url: string) => string | undefined;
}

/** An endpoint whose secret was just made; this is the only time that it is shown. */
export interface FreshEndpoint {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
}

/** Of a repeated call the secret is shown again until anything of the endpoint has changed. */
export interface RegisteredEndpoint {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string | undefined;
  /** The key had made it before. */
  readonly replayed: boolean;
}

export interface EndpointOrder {
  readonly tenant: TenantId;
  readonly body: Json;
  /** What an idempotency key claims, if there is one. */
  readonly claim: IdempotencyClaim | undefined;
}

/**
 * A key names the endpoint that it makes, so that only one can be made of it, however many calls
 * there are at once; it is free again when the endpoint is removed.
 *
 * @throws ForebayError `invalid_request`, `webhook_url_refused`, `idempotency_mismatch`, or
 *   `endpoint_limit` when the tenant has as many as it may.
 */
export async function createEndpoint(
  deps: EndpointDeps,
  { tenant, body, claim }: EndpointOrder,
): Promise<RegisteredEndpoint> {
  const request = parseEndpointRequest(body);
  const { url, description = '', filters = defaultWebhookFilters, enabled = true } = request;
  if (url === undefined) throw requestProblem(['url'], 'expected an absolute URL');
  const id = claim === undefined ? newWebhookEndpointId() : webhookEndpointIdOf(claim.keyHash);
  const ref: EndpointRef = { tenant, id };
  const earlier = await findMade(deps, ref, claim);
  if (earlier !== undefined) return earlier;
  requireAllowed(deps, url);
  const secret = newWebhookSecret();
  const nowMs = await deps.jobs.nowMs();
  const endpoint: WebhookEndpoint = {
    ...ref,
    url,
    description,
    filters,
    disabled: enabled ? undefined : 'by_request',
    secrets: [{ sealed: deps.seal.seal(ref, secret), untilMs: undefined }],
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    version: 1,
    ...(claim === undefined ? {} : { madeBy: claim.fingerprint }),
  };
  const write = await deps.endpoints.write(endpoint);
  // Another call with this key was faster.
  const made = write === 'conflict' ? await findMade(deps, ref, claim) : undefined;
  if (made !== undefined) return made;
  requireWritten(write);
  return { endpoint, secret, replayed: false };
}

async function findMade(
  { endpoints, seal }: EndpointDeps,
  ref: EndpointRef,
  claim: IdempotencyClaim | undefined,
): Promise<RegisteredEndpoint | undefined> {
  const endpoint = claim && (await endpoints.read(ref));
  if (endpoint === undefined) return undefined;
  if (endpoint.madeBy !== claim?.fingerprint) throw keyUsedOtherwise('endpoint');
  const [first] = endpoint.secrets;
  const isAsMade = endpoint.version === 1 && first !== undefined;
  const secret = isAsMade ? seal.open(ref, first.sealed) : undefined;
  return { endpoint, secret, replayed: true };
}

/** @throws ForebayError `not_found`. */
export async function readEndpoint(
  { endpoints }: Pick<EndpointDeps, 'endpoints'>,
  ref: EndpointRef,
): Promise<WebhookEndpoint> {
  const endpoint = await endpoints.read(ref);
  if (endpoint === undefined) throw noSuchEndpoint();
  return endpoint;
}

/**
 * @param version that the caller has seen; `any` takes whatever is there.
 * @throws ForebayError `invalid_request`, `webhook_url_refused`, `not_found`, `version_mismatch`.
 */
export async function changeEndpoint(
  deps: EndpointDeps,
  ref: EndpointRef,
  { version, body }: { version: number | 'any'; body: unknown },
): Promise<WebhookEndpoint> {
  const request = parseEndpointRequest(body);
  if (request.url !== undefined) requireAllowed(deps, request.url);
  const endpoint = await readEndpoint(deps, ref);
  if (version !== 'any' && version !== endpoint.version) throw otherVersion(endpoint.version);
  const next: WebhookEndpoint = {
    ...endpoint,
    url: request.url ?? endpoint.url,
    description: request.description ?? endpoint.description,
    filters: request.filters ?? endpoint.filters,
    disabled: disabledAfter(endpoint, request),
    updatedAtMs: await deps.jobs.nowMs(),
    version: endpoint.version + 1,
  };
  await save(deps, next);
  return next;
}

/**
 * Makes a new secret. The one of before signs beside it until the overlap ends; one that is older
 * still signs no more.
 *
 * @throws ForebayError `invalid_request`, `not_found`, `version_mismatch`.
 */
export async function rotateSecret(
  deps: EndpointDeps,
  ref: EndpointRef,
  body: unknown,
): Promise<FreshEndpoint> {
  const overlapMs = parseRotation(body);
  const endpoint = await readEndpoint(deps, ref);
  const nowMs = await deps.jobs.nowMs();
  const secret = newWebhookSecret();
  const [newest] = endpoint.secrets;
  const before =
    newest === undefined || overlapMs === 0 ? [] : [{ ...newest, untilMs: nowMs + overlapMs }];
  const next: WebhookEndpoint = {
    ...endpoint,
    secrets: [{ sealed: deps.seal.seal(ref, secret), untilMs: undefined }, ...before],
    updatedAtMs: nowMs,
    version: endpoint.version + 1,
  };
  await save(deps, next);
  return { endpoint: next, secret };
}

/** @throws ForebayError `not_found`. */
export async function removeEndpoint(
  { endpoints }: Pick<EndpointDeps, 'endpoints'>,
  ref: EndpointRef,
): Promise<void> {
  if (!(await endpoints.remove(ref))) throw noSuchEndpoint();
}

/** @throws ForebayError `not_found` for text that is no endpoint id. */
export function requireEndpointRef(tenant: TenantId, text: string): EndpointRef {
  const id = parseWebhookEndpointId(text);
  if (id === undefined) throw noSuchEndpoint();
  return { tenant, id };
}

/** The one answer for endpoints that are missing, foreign or misspelt. */
export function noSuchEndpoint(): ForebayError {
  return new ForebayError('not_found', 'There is no such webhook endpoint. Check the id.');
}

async function save(deps: EndpointDeps, endpoint: WebhookEndpoint): Promise<void> {
  requireWritten(await deps.endpoints.write(endpoint));
}

function requireWritten(write: EndpointWrite): void {
  if (write === 'written') return;
  if (write === 'missing') throw noSuchEndpoint();
  if (write === 'conflict') throw otherVersion(undefined);
  const most = limits.webhookEndpointsMax;
  throw new ForebayError(
    'endpoint_limit',
    `A tenant may have ${most} webhook endpoints. Remove one, or let one hear of more events.`,
  );
}

function requireAllowed(deps: EndpointDeps, url: string): void {
  const reason = deps.refuseWebhookUrl(url);
  if (reason === undefined) return;
  throw new ForebayError('webhook_url_refused', `"url": ${reason}`, {
    param: 'url',
    errors: [{ pointer: '/url', code: 'webhook_url_refused', detail: reason }],
  });
}

function disabledAfter(endpoint: WebhookEndpoint, { enabled }: EndpointRequest) {
  if (enabled === true) return undefined;
  // Why it went off stays true when somebody confirms it.
  return enabled === false ? (endpoint.disabled ?? 'by_request') : endpoint.disabled;
}

function otherVersion(version: number | undefined): ForebayError {
  const found = version === undefined ? 'has just changed' : `is at version ${version}`;
  const remedy = 'Read it again, decide again, and send its new ETag in If-Match.';
  return new ForebayError('version_mismatch', `The webhook endpoint ${found}. ${remedy}`, {
    param: 'If-Match',
  });
}
