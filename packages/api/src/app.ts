/** The two web applications: the public one for tenants, the admin one for operators. */

import type { Network } from '@forebay/shared/domain/network';
import type { Clock } from '@forebay/shared/runtime/clock';
import express, { type Express, type Router } from 'express';
import helmet from 'helmet';
import { type BasicCredentials, requireBasic } from './admin/require-basic.ts';
import type { Authenticator } from './http/authenticate.ts';
import type { OperatorGate } from './http/authenticate-operator.ts';
import { buildRouter } from './http/build-router.ts';
import type { Drain } from './http/drain.ts';
import type { HttpEvents } from './http/http-events.ts';
import type { RequestLimiter } from './http/limit-requests.ts';
import { openContext } from './http/request-context.ts';
import type { AdminRoute, OpenRoute, Route } from './http/route-table.ts';
import { serveNotFound, serveProblem } from './http/serve-problem.ts';
import type { CallerWatch } from './http/watch-callers.ts';

export interface AppDeps {
  readonly authenticator: Authenticator;
  readonly callers: Pick<CallerWatch, 'watch'>;
  readonly requests: RequestLimiter;
  readonly drain: Drain;
  readonly clock: Clock;
  readonly trustedProxies: readonly Network[];
  readonly events: HttpEvents;
}

/** What tenants reach: the routes of the table and nothing else. */
export function createPublicApp(deps: AppDeps, table: readonly Route[]): Express {
  const app = emptyApp(deps);
  app.use(buildRouter(deps, table));
  return finishApp(app, deps);
}

export interface AdminParts {
  /** Health and metrics are open to whoever reaches the listener. */
  readonly table: readonly (OpenRoute | AdminRoute)[];
  readonly operators: OperatorGate;
  readonly board: Router;
  readonly boardPath: string;
  readonly credentials: BasicCredentials;
}

/** What operators reach, on a listener of its own. */
export function createAdminApp(deps: AppDeps, parts: AdminParts): Express {
  const app = emptyApp(deps);
  app.use(buildRouter({ ...deps, operators: parts.operators }, parts.table));
  app.get('/', (_request, response) => response.redirect(302, `${parts.boardPath}/`));
  app.use(parts.boardPath, requireBasic(parts.credentials), parts.board);
  return finishApp(app, deps);
}

function emptyApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(openContext(deps));
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
    }),
  );
  return app;
}

function finishApp(app: Express, deps: AppDeps): Express {
  app.use(serveNotFound);
  app.use(serveProblem(deps.events));
  return app;
}
