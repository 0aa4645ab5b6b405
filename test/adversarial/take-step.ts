/** Takes steps in a world, each reply lost or not, and checks what must be true of each. */
import { type Budget, newBudgetId } from '@forebay/shared/domain/budget';
import type { InFlightLimit, TenantTerms } from '@forebay/shared/domain/tenant-terms';
import { expect } from 'vitest';
import { callFor } from './step-calls.ts';
import type { Step, TermsStep } from './store-steps.ts';
import { checkStep, look, versionsOf } from './store-world.ts';
import { type Sight, share, type World, worldCeiling } from './world.ts';

/** One step from a world that has just been seen; gives the sight after it. */
export async function takeStep(world: World, step: Step, before: Sight): Promise<Sight> {
  if (step.kind === 'advance') {
    world.store.advance(step.byMs);
    return look(world);
  }
  if (step.kind === 'terms') return editTerms(world, step.edit, before);
  if (step.kind === 'repeat') return repeatCall(world, step.call, before);
  const call = await callFor(world, step, before);
  if (call === undefined) return before;
  const first = await call();
  world.answers.add(`${step.kind} ${first.kind}`);
  const after = await look(world);
  checkStep(before, after, step.kind);
  if (first.kind === 'adopted') expect(step.kind === 'settle' && step.back, 'W8').toBe(0);
  if (first.kind === 'claimed') expect(world.terms.paused, 'M7 a claim in a pause').toBe(false);
  // Of a group, who was refused may be let in by the same call later; and each feed of a job that
  // stands in line judges it anew, by the terms of then.
  const isJudgedAnew = step.kind === 'feed' && first.kind === 'held';
  const isLasting = (step.kind !== 'admit' || first.kind === 'admitted') && !isJudgedAnew;
  if (isLasting && changed(before, after)) {
    world.calls.push({ text: JSON.stringify(step), run: call });
  }
  if (!step.twice) return after;
  const again = await call();
  // A repeated cancel says where the job stands by then, a renewal how much time is left by then,
  // and who was told that a job is held has no ticket of it any more.
  const tellsOfNow = step.kind === 'cancel' || step.kind === 'renew';
  const isTurnedAway = step.kind === 'claim' && first.kind === 'held';
  // A scheduled job that cannot begin stands in line first, and is judged there.
  const isJudged = step.kind === 'feed' && first.kind === 'held' && again.kind === 'over_budget';
  if (isTurnedAway) expect(again.kind).toBe('conflict');
  else if (!tellsOfNow && !isJudged) expect(again, `${step.kind} answered again`).toEqual(first);
  const last = await look(world);
  expect(versionsOf(last), `${step.kind} done again`).toEqual(versionsOf(after));
  checkStep(after, last, step.kind);
  return last;
}

/** An old call comes again, as after a reply that was lost for long. */
async function repeatCall(world: World, pick: number, before: Sight): Promise<Sight> {
  const call = world.calls[pick % Math.max(1, world.calls.length)];
  if (call === undefined) return before;
  await call.run();
  const after = await look(world);
  checkStep(before, after, 'repeat');
  expect(versionsOf(after), `${call.text} came again`).toEqual(versionsOf(before));
  return after;
}

function changed(before: Sight, after: Sight): boolean {
  return JSON.stringify(versionsOf(before)) !== JSON.stringify(versionsOf(after));
}

async function editTerms(world: World, edit: TermsStep, before: Sight): Promise<Sight> {
  await writeTerms(world, (terms) => ({ ...terms, ...changeOf(terms, edit) }));
  const after = await look(world);
  expect(versionsOf(after), 'terms change no job').toEqual(versionsOf(before));
  return after;
}

/** Changes the terms of a world's tenant, and remembers whose accounts there may be. */
export async function writeTerms(
  world: World,
  edit: (terms: TenantTerms) => TenantTerms,
): Promise<void> {
  world.terms = await world.store.terms.edit(world.tenant, edit);
  for (const { id, window } of world.terms.budgets) world.accounts.set(id, window);
}

function changeOf(terms: TenantTerms, edit: TermsStep): Partial<TenantTerms> {
  switch (edit.kind) {
    case 'paused':
      return { paused: edit.paused };
    case 'in_flight':
      return { inFlight: withLimit(terms.inFlight, edit) };
    case 'limit': {
      const limitNanoUsd = share(worldCeiling, edit.limitPercent);
      const change = (budget: Budget, index: number): Budget =>
        index === edit.slot ? { ...budget, limitNanoUsd } : budget;
      return { budgets: terms.budgets.map(change) };
    }
    case 'budget':
      return { budgets: withBudget(terms.budgets, edit) };
  }
}

function withLimit(
  limits: readonly InFlightLimit[],
  { subject, max }: Extract<TermsStep, { kind: 'in_flight' }>,
): readonly InFlightLimit[] {
  const others = limits.filter((limit) => textOf(limit.subject) !== textOf(subject));
  return max === undefined ? others : [...others, { subject, max }];
}

function textOf(subject: Budget['subject']): string {
  return subject.kind === 'tenant' ? 'tenant' : subject.keyId;
}

function withBudget(
  budgets: readonly Budget[],
  { slot, limitPercent, ...rest }: Extract<TermsStep, { kind: 'budget' }>,
): readonly Budget[] {
  const others = budgets.filter((_, index) => index !== slot);
  if (limitPercent === undefined) return others;
  const { window, subject, whenShort } = rest;
  const limitNanoUsd = share(worldCeiling, limitPercent);
  return [
    ...others,
    { id: newBudgetId(), createdAtMs: 1, window, subject, whenShort, limitNanoUsd },
  ];
}
