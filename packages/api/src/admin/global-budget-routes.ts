/** `/admin/v1/global-budgets`: what all tenants together may spend, one budget for each period. */
import type { EscrowStore } from '@forebay/shared/ports/escrow-store';
import {
  clearGlobalBudget,
  type GlobalPeriod,
  noSuchGlobalBudget,
  periodOf,
  readGlobalBudget,
  setGlobalBudget,
} from '@forebay/shared/tenants/manage-global-budgets';
import { windowPeriods } from '@forebay/shared/tenants/read-window';
import { viewGlobalBudget, viewGlobalFigures } from '@forebay/shared/tenants/view-global-budget';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { type AuditedDeps, audited } from './audited.ts';
import { operatorFacts, takes } from './operator-facts.ts';
import { parseGlobalBudget } from './tenants/parse-budget-request.ts';

export interface GlobalBudgetRoutesDeps extends AuditedDeps {
  readonly escrow: EscrowStore;
}

const all = '/admin/v1/global-budgets';

export function globalBudgetRoutes(deps: GlobalBudgetRoutesDeps): readonly AdminRoute[] {
  return [
    {
      ...operatorFacts,
      ...{ method: 'GET', path: all, scope: 'any', audit: 'read' },
      summary: 'List the budgets of all tenants together and what is left of them',
      handle: () => listBudgets(deps),
    },
    {
      ...operatorFacts,
      ...{ method: 'POST', path: all, scope: 'manage', audit: 'write' },
      summary: 'Set the budget of all tenants for a period',
      ...takes('GlobalBudget'),
      handle: (call) => postBudget(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'DELETE', path: `${all}/:period`, scope: 'manage', audit: 'write' },
      summary: 'Remove the budget of all tenants for a period',
      handle: (call) => deleteBudget(deps, call),
    },
  ];
}

async function listBudgets(deps: GlobalBudgetRoutesDeps): Promise<ApiReply> {
  const figures = await answerInTime(deps.clock, () => deps.escrow.figures());
  return { status: 200, body: { object: 'list', data: figures.map(viewGlobalFigures) } };
}

async function postBudget(deps: GlobalBudgetRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const settings = parseGlobalBudget(call.body);
  const period = periodOf(settings);
  const body = await audited(deps, call, {
    action: 'global_budget.set',
    target: targetOf(period),
    async change() {
      const { before, after } = await setGlobalBudget(deps, settings);
      const value = viewGlobalFigures(await readGlobalBudget(deps, period));
      return {
        value,
        before: before && viewGlobalBudget(before),
        after: viewGlobalBudget(after),
      };
    },
  });
  return { status: 200, body };
}

async function deleteBudget(deps: GlobalBudgetRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const period = windowPeriods.find((name) => name === call.params['period']);
  if (period === undefined) throw noSuchGlobalBudget();
  await answerInTime(deps.clock, () => readGlobalBudget(deps, period));
  await audited(deps, call, {
    action: 'global_budget.clear',
    target: targetOf(period),
    async change() {
      const removed = await clearGlobalBudget(deps, period);
      return { value: undefined, before: viewGlobalBudget(removed), after: undefined };
    },
  });
  return { status: 200, body: { period, object: 'global_budget.deleted', deleted: true } };
}

function targetOf(period: GlobalPeriod): string {
  return `global_budget:${period}`;
}
