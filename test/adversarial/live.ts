/** A whole life of a tenant's jobs: a new world, its steps, and the rest at the end. */
import { expect } from 'vitest';
import { wrongMoney } from '../support/audit-money.ts';
import { type TestStore, tenantNamed } from '../support/store.ts';
import { drain } from './drain-world.ts';
import type { Step } from './store-steps.ts';
import { look } from './store-world.ts';
import { takeStep } from './take-step.ts';
import { newWorld, type World } from './world.ts';

let tenants = 0;

/** In a tenant of its own for each life, because shrinking runs many. */
export async function live(store: TestStore, life: readonly Step[]): Promise<World> {
  tenants += 1;
  const world = await newWorld(store, tenantNamed(`life-${tenants}`));
  let sight = await look(world);
  for (const step of life) sight = await takeStep(world, step, sight);
  expect(await wrongMoney(store, world.tenant), 'W12').toEqual([]);
  await drain(world);
  expect(await wrongMoney(store, world.tenant), 'W12 at rest').toEqual([]);
  return world;
}
