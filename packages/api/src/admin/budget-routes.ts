/** `/admin/v1/tenants/{tenant}/budgets`: what tenants and their keys may spend. */
import { newBudgetId, parseBudgetId } from '@forebay/shared/domain/budget';
import {
  type BudgetRef,
  changeBudget,
  createBudget,
  noSuchBudget,
  readBudget,
  removeBudget,
} from '@forebay/shared/tenants/manage-budgets';
import { viewBudget, viewBudgetFigures } from '@forebay/shared/tenants/view-budget';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { audited } from './audited.ts';
import { operatorFacts, takes } from './operator-facts.ts';
import { parseBudgetChange, parseNewBudget } from './tenants/parse-budget-request.ts';
import { requireTenant, type TenantsDeps, tenantsPath } from './tenants/tenants-deps.ts';

export function budgetRoutes(deps: TenantsDeps): readonly AdminRoute[] {
  const all = `${tenantsPath}/:tenant/budgets`;
  const one = `${all}/:budget`;
  return [
    {
      ...operatorFacts,
      ...{ method: 'GET', path: all, scope: 'any', audit: 'read' },
      summary: 'List the budgets of a tenant and what is left of them',
      handle: (call) => listBudgets(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'POST', path: all, scope: 'manage', audit: 'write' },
      summary: 'Make a budget of a tenant or of one of its keys',
      ...takes('Budget'),
      handle: (call) => postBudget(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'GET', path: one, scope: 'any', audit: 'read' },
      summary: 'Read a budget and what is left of it',
      handle: (call) => getBudget(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'PATCH', path: one, scope: 'manage', audit: 'write' },
      summary: 'Change the limit of a budget, or what happens when it is short',
      ...takes('BudgetChange'),
      handle: (call) => patchBudget(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'DELETE', path: one, scope: 'manage', audit: 'write' },
      summary: 'Remove a budget',
      handle: (call) => deleteBudget(deps, call),
    },
  ];
}

async function listBudgets(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const figures = await answerInTime(deps.clock, async () =>
    deps.terms.figures(await requireTenant(deps, call)),
  );
  return { status: 200, body: { object: 'list', data: figures.map(viewBudgetFigures) } };
}

async function getBudget(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const figures = await answerInTime(deps.clock, async () =>
    readBudget(deps, await refOf(deps, call)),
  );
  return { status: 200, body: viewBudgetFigures(figures) };
}

async function postBudget(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const settings = parseNewBudget(call.body);
  const tenant = await answerInTime(deps.clock, () => requireTenant(deps, call));
  const id = newBudgetId();
  const body = await audited(deps, call, {
    action: 'budget.create',
    target: targetOf({ tenant, id }),
    async change() {
      const after = viewBudget(await createBudget(deps, { tenant, id }, settings));
      const value = viewBudgetFigures(await readBudget(deps, { tenant, id }));
      return { value, before: undefined, after };
    },
  });
  return { status: 201, headers: { Location: `${tenantsPath}/${tenant}/budgets/${id}` }, body };
}

async function patchBudget(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const change = parseBudgetChange(call.body);
  const ref = await answerInTime(deps.clock, () => refOf(deps, call));
  const body = await audited(deps, call, {
    action: 'budget.change',
    target: targetOf(ref),
    async change() {
      const { budget } = await readBudget(deps, ref);
      const after = viewBudget(await changeBudget(deps, ref, change));
      const value = viewBudgetFigures(await readBudget(deps, ref));
      return { value, before: viewBudget(budget), after };
    },
  });
  return { status: 200, body };
}

async function deleteBudget(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const ref = await answerInTime(deps.clock, () => refOf(deps, call));
  await audited(deps, call, {
    action: 'budget.remove',
    target: targetOf(ref),
    async change() {
      const { budget } = await readBudget(deps, ref);
      await removeBudget(deps, ref);
      return { value: undefined, before: viewBudget(budget), after: undefined };
    },
  });
  return { status: 200, body: { id: ref.id, object: 'budget.deleted', deleted: true } };
}

function targetOf({ tenant, id }: BudgetRef): string {
  return `tenant:${tenant}/budget:${id}`;
}

/** @throws ForebayError `not_found` */
async function refOf(deps: TenantsDeps, call: AdminCall): Promise<BudgetRef> {
  const tenant = await requireTenant(deps, call);
  const id = parseBudgetId(call.params['budget'] ?? '');
  if (id === undefined) throw noSuchBudget();
  await readBudget(deps, { tenant, id });
  return { tenant, id };
}
