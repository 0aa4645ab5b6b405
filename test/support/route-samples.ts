/**
 * How each route of the public table is called by who wants to see another tenant's things. A new
 * route without ids says so here, one whose ids are of a new kind says which; until then the suite
 * of tenant isolation fails and names this file.
 */
import type { Route } from '@forebay/api/http/route-table';

/** A small job for the model `alpha`. */
export const sampleJob = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }] },
};

/** A body for each schema of the table. */
export const sampleBodies: Readonly<Record<Route['requestSchema'], unknown>> = {
  none: undefined,
  JobRequest: sampleJob,
  JobChange: { priority: 1 },
  JobRetry: {},
  JobFeedback: { score: 0.5 },
  WebhookEndpoint: { url: 'https://example.com/hook' },
  WebhookRotation: {},
  WebhookReplayWindow: { since_sequence: 1 },
  UserPreferences: { preferred_models: ['alpha'] },
};

/** What a tenant owns and a caller can name. */
export const ownedKinds = ['job', 'endpoint', 'event', 'batch', 'cursor', 'key', 'user'] as const;

export type OwnedKind = (typeof ownedKinds)[number];

/** A call that names something: `{job}` and the like stand for what it names. */
export interface Probe {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Whether it is the call as everybody makes it. */
  readonly isPlain: boolean;
}

/** What the parameter behind such a path names. */
const parameters: Readonly<Record<string, OwnedKind>> = {
  '/v1/jobs/:id': 'job',
  '/v1/webhooks/:id': 'endpoint',
  '/v1/webhooks/:id/events/:event': 'event',
  '/v1/users/:user': 'user',
};

type Variant = Partial<Omit<Probe, 'method' | 'isPlain'>> & { readonly query?: string };

/** A start that no test lives to see. */
export const muchLater = new Date(Date.now() + 24 * 3_600_000).toISOString();

/** Of a job that sleeps nothing but its record tells. */
const laterJob = { ...sampleJob, run_at: muchLater };

/** Beside the plain call of a route. `{own}` is an endpoint of the caller's. */
const variants: Readonly<Record<string, readonly Variant[]>> = {
  'GET /v1/jobs/:id': [{ query: '?wait=5' }, { headers: { 'if-none-match': '"2"' } }],
  'GET /v1/jobs/:id/events': [
    { query: '?starting_after=1000000' },
    { headers: { 'last-event-id': '2000000' } },
  ],
  'PATCH /v1/jobs/:id': [{ headers: { 'if-match': '"2"' } }, { headers: {} }, { body: {} }],
  'POST /v1/jobs/:id/retry': [
    { headers: { 'idempotency-key': 'again-1', prefer: 'wait=5' } },
    { headers: { 'idempotency-key': '{key}' } },
    { body: { model: 'nobody' } },
  ],
  'PATCH /v1/webhooks/:id': [{ headers: { 'if-match': '"1"' } }, { headers: {} }, { body: {} }],
  'GET /v1/webhooks/:id/events': [{ query: '?after=1&limit=1' }],
  'POST /v1/webhooks/:id/events/:event/replay': [
    { path: '/v1/webhooks/{own}/events/{event}/replay' },
  ],
  'GET /v1/jobs': [
    { query: '?batch={batch}' },
    { query: '?after={cursor}' },
    { query: '?limit=1&after={cursor}' },
  ],
  'GET /v1/usage': [{ query: '?batch={batch}' }, { query: '?batch={batch}&format=csv' }],
  'POST /v1/jobs': [{ headers: { 'idempotency-key': '{key}' }, body: laterJob }],
  'POST /v1/jobs\\:bulk': [
    { headers: { 'idempotency-key': '{key}' } },
    { headers: { 'idempotency-key': '{key}' }, query: '?on_error=atomic' },
  ].map((variant) => ({ ...variant, body: `${JSON.stringify(laterJob)}\n` })),
};

/** Routes in which a caller cannot name anything that somebody owns. */
const namesNothing: ReadonlySet<string> = new Set([
  'POST /v1/webhooks',
  'GET /v1/webhooks',
  'POST /v1/route',
  'POST /v1/estimate',
  'GET /v1/models',
  'GET /v1/analytics',
  'GET /v1/quality',
  'GET /v1/spend-keys',
  'GET /healthz',
  'GET /readyz',
]);

/** The ways in which a caller can name another tenant's things on a route. */
export function probesOf(route: Route): readonly Probe[] {
  const name = `${route.method} ${route.path}`;
  const path = pathOf(route).replace('\\:', ':');
  const { method } = route;
  const plain = { method, path, headers: headersOf(route), body: bodyOf(route), isPlain: true };
  const more = (variants[name] ?? []).map(({ query = '', ...changes }) => {
    const probe = { ...plain, ...changes };
    const headers = { ...typeOf(route), ...probe.headers };
    return { ...probe, headers, path: `${probe.path}${query}`, isPlain: false };
  });
  const probes = [plain, ...more].filter(namesSomething);
  if (probes.length > 0 || namesNothing.has(name)) return probes;
  throw new Error(
    `${name} has no sample: say in test/support/route-samples.ts how a caller names what it ` +
      'shows or changes ("variants"), or that nothing of a tenant can be named ("namesNothing").',
  );
}

function namesSomething(probe: Probe): boolean {
  const text = JSON.stringify(probe);
  return ownedKinds.some((kind) => text.includes(`{${kind}}`));
}

function pathOf({ method, path }: Route): string {
  const parts = path.split('/');
  const filled = parts.map((part, index) => {
    if (!part.startsWith(':')) return part;
    const kind = parameters[parts.slice(0, index + 1).join('/')];
    if (kind !== undefined) return `{${kind}}`;
    throw new Error(
      `${method} ${path}: say in "parameters" of test/support/route-samples.ts what ${part} ` +
        'names, and let test/support/belongings.ts make one of it.',
    );
  });
  return filled.join('/');
}

function headersOf(route: Route): Readonly<Record<string, string>> {
  return { 'if-match': '*', ...typeOf(route) };
}

function typeOf({ input }: Route): Readonly<Record<string, string>> {
  return input === 'stream' ? { 'content-type': 'application/x-ndjson' } : {};
}

function bodyOf({ requestSchema }: Route): unknown {
  return sampleBodies[requestSchema];
}
