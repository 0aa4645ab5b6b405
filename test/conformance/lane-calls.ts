/** Calls of one model's lane as suites make them: permits that are taken and given back. */
import type { BreakerSettings } from '@forebay/shared/domain/breaker';
import { newJobId, type TicketId, ticketId } from '@forebay/shared/domain/ids';
import type { DeploymentLive } from '@forebay/shared/domain/live-figures';
import type { Deployment } from '@forebay/shared/domain/model-catalog';
import type { CallEnd, PermitReturn } from '@forebay/shared/ports/lane-store';
import type { TestStore } from '../support/store.ts';

/** A breaker that opens, tries and ramps within seconds. */
export const quickBreaker: BreakerSettings = {
  ...{ failures: 3, errorRate: 0.5, callsMin: 10 },
  ...{ openMs: 1_000, openMsMax: 3_000, rampMs: 4_000 },
};

export const good: CallEnd = {
  outcome: 'succeeded',
  totalMs: 100,
  firstByteMs: 20,
  outputTokens: 10,
};
export const bad: CallEnd = {
  ...{ outcome: 'server_error', totalMs: 5 },
  ...{ firstByteMs: undefined, outputTokens: undefined },
};

export interface Held {
  readonly deployment: Deployment;
  readonly ticket: TicketId;
}

/** One model's lane, with calls that take no time. */
export function laneOf(
  store: TestStore,
  deployments: readonly Deployment[],
  { model = 'alpha', holder = 'w1' } = {},
) {
  const ask = async () => {
    const ticket = ticketId(newJobId(), 1);
    const permit = await store.lanes.acquire({
      ...{ model, ticket, holder, deployments, tokens: 0, holdMs: 60_000 },
    });
    const deployment = deployments.find(
      ({ id }) => permit.kind === 'granted' && id === permit.deployment,
    );
    return { permit, held: deployment === undefined ? undefined : { deployment, ticket } };
  };
  const returned = ({ deployment, ticket }: Held, end: CallEnd | undefined): PermitReturn => ({
    ...{ model, ticket, holder, deployment, reservedTokens: 0, usedTokens: 0 },
    serviceMs: end?.outcome === 'succeeded' ? end.totalMs : undefined,
    end,
  });
  const release = (held: Held, end?: CallEnd) => store.lanes.release(returned(held, end));
  const take = async (): Promise<Held> => {
    const { held } = await ask();
    if (held === undefined) throw new Error('no permit');
    return held;
  };
  const call = async (end: CallEnd) => release(await take(), end);
  const live = () => store.lanes.live(model, deployments);
  const first = async (): Promise<DeploymentLive | undefined> => (await live()).deployments?.[0];
  return { ask, take, release, returned, call, live, first };
}
