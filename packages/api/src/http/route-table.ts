/**
 * What a route is: one row of data from which the router, the tests and later the API description
 * are made. A route that is not in a table cannot be served, and none can lack scope, limits or
 * audit class.
 */
import type { AdminScope } from '@forebay/shared/ports/admin-key-store';
import type { KeyScope } from '@forebay/shared/ports/key-store';
import type { AdminCall, ApiCall, ApiReply, AuthenticatedCall, StreamedCall } from './api-call.ts';

/** `read` shows a tenant's data, `write` changes it, `none` concerns nobody's. */
export type AuditClass = 'none' | 'read' | 'write';

export interface RouteLimits {
  /** 0 for routes without a body. */
  readonly bodyBytesMax: number;
  /** The longest that the route may hold a request open on purpose. */
  readonly waitSecondsMax: number;
}

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface RouteFacts {
  readonly method: RouteMethod;
  /** Express form; a colon inside a name is escaped. */
  readonly path: string;
  readonly summary: string;
  readonly limits: RouteLimits;
  readonly audit: AuditClass;
  /** Name of the request's schema; `none` for routes without a body. */
  readonly requestSchema:
    | 'none'
    | 'JobRequest'
    | 'JobChange'
    | 'JobRetry'
    | 'JobFeedback'
    | 'WebhookEndpoint'
    | 'WebhookRotation'
    | 'WebhookReplayWindow'
    | 'UserPreferences';
}

/** A route that needs a key with a scope. */
export interface KeyedRoute extends RouteFacts {
  readonly scope: KeyScope;
  readonly input?: never;
  /** Whether a request without a body is taken, as `null`. */
  readonly bodyIsOptional?: true;
  readonly handle: (call: AuthenticatedCall) => Promise<ApiReply>;
}

/**
 * A keyed route whose body has no total limit: the handler reads it as it arrives. Silence ends it,
 * and what it has not taken yet stays with the sender.
 */
export interface StreamedRoute extends RouteFacts {
  readonly scope: KeyScope;
  readonly input: 'stream';
  readonly handle: (call: StreamedCall) => Promise<ApiReply>;
}

/** A route that anybody may call. */
export interface OpenRoute extends RouteFacts {
  readonly scope: 'open';
  readonly input?: never;
  readonly handle: (call: ApiCall) => Promise<ApiReply>;
}

/** A route of the public listener. */
export type Route = KeyedRoute | StreamedRoute | OpenRoute;

type AdminSchema =
  | 'AdminKey'
  | 'Operation'
  | 'Tenant'
  | 'TenantChange'
  | 'ApiKey'
  | 'ApiKeyChange'
  | 'ApiKeyRotation'
  | 'Budget'
  | 'BudgetChange'
  | 'GlobalBudget'
  | 'Breaker';

/** A route of operators, on the admin listener alone. */
export interface AdminRoute extends Omit<RouteFacts, 'requestSchema'> {
  /** `any` for what every operator may see. */
  readonly scope: 'any' | AdminScope;
  readonly for: 'operators';
  readonly requestSchema: 'none' | AdminSchema;
  /** Whether a request without a body is taken, as `null`. */
  readonly bodyIsOptional?: true;
  readonly input?: never;
  readonly handle: (call: AdminCall) => Promise<ApiReply>;
}

/** Limits of a route without body and without waiting. */
export const plainLimits: RouteLimits = { bodyBytesMax: 0, waitSecondsMax: 0 };
