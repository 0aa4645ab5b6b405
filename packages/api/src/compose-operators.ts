/** Wires what operators reach: the board, the routes under `/admin/v1`, and what works behind. */
import type { LiveConfig } from '@forebay/shared/config/live-config';
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import { queuePrefix } from '@forebay/shared/redis/keys';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { Service } from '@forebay/shared/runtime/service';
import type { Events } from '@forebay/shared/telemetry/events';
import { adminKeyRoutes } from './admin/admin-key-routes.ts';
import { auditRoutes } from './admin/audit-routes.ts';
import { createBoard } from './admin/board.ts';
import { breakerRoutes } from './admin/breaker-routes.ts';
import { budgetRoutes } from './admin/budget-routes.ts';
import { globalBudgetRoutes } from './admin/global-budget-routes.ts';
import { keyRoutes } from './admin/key-routes.ts';
import { operatedModelRoutes } from './admin/model-routes.ts';
import { operationRoutes } from './admin/operation-routes.ts';
import type { ApplyActionDeps } from './admin/operations/apply-action.ts';
import { createOperationRunner } from './admin/operations/operation-runner.ts';
import { shadowRoutes } from './admin/shadow-routes.ts';
import { tenantRoutes } from './admin/tenant-routes.ts';
import type { ApiEventMap } from './api-events.ts';
import type { AdminParts } from './app.ts';
import { createOperatorGate } from './http/authenticate-operator.ts';
import type { AdminRoute } from './http/route-table.ts';

export interface OperatorsInput {
  readonly env: ForebayEnv;
  readonly config: LiveConfig;
  readonly events: Events<ApiEventMap>;
  readonly secrets: { readonly keyPepper: string; readonly adminKey: string };
}

export interface OperatorsParts {
  readonly routes: readonly AdminRoute[];
  /** What the admin listener has beside its table. */
  readonly parts: Omit<AdminParts, 'table'>;
  readonly services: readonly Service[];
  close(): Promise<void>;
}

const boardPath = '/board';

/** @param actions what a caller can have done to a job, for operators who want it for many. */
export function composeOperators(
  input: OperatorsInput,
  store: Store,
  actions: ApplyActionDeps,
): OperatorsParts {
  const { env, config, events, secrets } = input;
  const clock = systemClock;
  const board = createBoard({
    connection: store.client,
    prefixOf: (name) => queuePrefix(env.namespace, name),
    models: () => [...config.catalog.models.keys()],
    path: boardPath,
    onError: (error) => events.emit('background.failed', { name: 'board', error }),
  });
  config.onSwap(() => board.showModels());
  const credentials = { user: env.adminUser, key: secrets.adminKey };
  const pepper = secrets.keyPepper;
  return {
    routes: composeRoutes(input, store),
    parts: {
      operators: createOperatorGate({ keys: store.adminKeys, credentials, pepper, clock }),
      board: board.router,
      boardPath,
      credentials,
    },
    services: [
      createOperationRunner({
        ...store,
        ...actions,
        leaseMs: env.leaseMs,
        sweepIntervalMs: env.sweepIntervalMs,
        clock,
        onError: (error) => events.emit('background.failed', { name: 'operations', error }),
      }),
    ],
    close: () => board.close(),
  };
}

function composeRoutes({ secrets, config }: OperatorsInput, store: Store): readonly AdminRoute[] {
  const { adminKeys, audit, operations, jobs, lanes, tenants, terms, apiKeys: keys } = store;
  const deps = { audit, clock: systemClock };
  const ofTenants = { ...deps, tenants, terms, keys, pepper: secrets.keyPepper };
  return [
    ...auditRoutes(deps),
    ...adminKeyRoutes({ ...deps, adminKeys, pepper: secrets.keyPepper }),
    ...operationRoutes({ ...deps, operations, jobs, tenants, keys }),
    ...tenantRoutes(ofTenants),
    ...keyRoutes(ofTenants),
    ...budgetRoutes(ofTenants),
    ...globalBudgetRoutes({ ...deps, escrow: store.escrow }),
    ...operatedModelRoutes({ ...deps, lanes, catalog: () => config.catalog }),
    ...breakerRoutes({ ...deps, lanes, catalog: () => config.catalog }),
    ...shadowRoutes({ ...deps, jobs, catalog: () => config.catalog }),
  ];
}
