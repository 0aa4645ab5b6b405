/** The request that goes to the provider: the caller's body with what the adapter owns set. */
import type { Json, JsonObject } from '@forebay/shared/domain/json';
import {
  type Deployment,
  type JobKind,
  outputCapFields,
} from '@forebay/shared/domain/model-catalog';
import type { ProviderCall } from '@forebay/shared/ports/provider-client';

const pathOfKind: Readonly<Record<JobKind, string>> = {
  'chat.completions': '/chat/completions',
  embeddings: '/embeddings',
  responses: '/responses',
};

/** Set by the connection or by us; a configured header of these names would break the call. */
const ownedHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-forebay-attempt-id',
]);

/** What identifies a call to the provider; never part of anything that is logged. */
export interface RequestIdentity {
  readonly deployment: Deployment;
  readonly attemptId: string;
  /** `undefined` for a provider that wants no key. */
  readonly key: string | undefined;
}

/** Whether the provider streams its answer to this call. Only chat streams. */
export function streamsUpstream(call: Pick<ProviderCall, 'kind' | 'deployment'>): boolean {
  return call.kind === 'chat.completions' && call.deployment.stream;
}

/** Origin and path of a kind under the provider's base URL; a query of the base URL is kept. */
export function buildUrl(deployment: Deployment, kind: JobKind): { origin: string; path: string } {
  const url = new URL(deployment.provider.baseUrl);
  const path = `${url.pathname.replace(/\/+$/, '')}${pathOfKind[kind]}${url.search}`;
  return { origin: url.origin, path };
}

/**
 * The body with the model's upstream name, the output cap and the streaming we decide on. All
 * other fields pass unchanged; which ones a caller may send at all was decided at intake.
 */
export function buildBody(call: ProviderCall): JsonObject {
  const body: Record<string, Json | undefined> = { ...call.body };
  body['model'] = call.deployment.upstreamModel;
  // Streaming and background work are ours: a caller's wish would change the form of the answer.
  delete body['stream'];
  delete body['stream_options'];
  if (call.kind === 'responses') {
    delete body['background'];
    body['max_output_tokens'] = call.outputCapTokens;
  }
  if (call.kind === 'chat.completions') {
    // One cap, under the name that this server is known to obey: two could contradict each other,
    // and the caller's choice of a name must not decide whether the ceiling holds.
    for (const field of outputCapFields) delete body[field];
    body[call.deployment.outputCapField] = call.outputCapTokens;
  }
  if (streamsUpstream(call)) {
    body['stream'] = true;
    body['stream_options'] = { include_usage: true };
  }
  return body;
}

/** Headers of a call. Configured ones win over ours, but for those the call itself needs. */
export function buildHeaders(identity: RequestIdentity): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'forebay' };
  if (identity.key !== undefined) headers['authorization'] = `Bearer ${identity.key}`;
  for (const [name, value] of Object.entries(identity.deployment.provider.headers)) {
    const lowerName = name.toLowerCase();
    if (!ownedHeaders.has(lowerName)) headers[lowerName] = value;
  }
  headers['content-type'] = 'application/json';
  // The transport does not decompress.
  headers['accept-encoding'] = 'identity';
  headers['x-forebay-attempt-id'] = identity.attemptId;
  return headers;
}
