/** What operators see of a model's lane and of its deployments. */
import type { JsonObject } from '@forebay/shared/domain/json';
import type { CallFigures, DeploymentLive } from '@forebay/shared/domain/live-figures';
import type { Model } from '@forebay/shared/domain/model-catalog';
import type { ModelLive } from '@forebay/shared/domain/route-plan';

export function viewModel({ name }: Model, live: ModelLive): JsonObject {
  return {
    ...{ id: name, object: 'operated_model', status: live.held ?? 'open' },
    ...{ waiting: live.waiting, running: live.running, concurrency: live.concurrency },
    ...{ has_workers: live.poolAlive, stopped: live.stopped },
    paused_until: timeOrNull(live.pausedUntilMs),
    waiting_by_class: { ...live.waitingByClass },
    oldest_wait_ms: { ...live.oldestWaitMs },
    answers_per_second: live.answersPerSecond ?? null,
    ...viewCalls(live),
    deployments: (live.deployments ?? []).map(viewDeployment),
  };
}

export function viewDeployment(deployment: DeploymentLive): JsonObject {
  const { id, running, concurrency, stopped, breaker } = deployment;
  const isClosed = breaker === 'closed';
  return {
    ...{ id, running, concurrency, stopped, paused_until: timeOrNull(deployment.pausedUntilMs) },
    breaker: {
      state: breaker,
      reason: isClosed ? null : (deployment.breakerReason ?? null),
      since: isClosed ? null : timeOrNull(deployment.breakerSinceMs ?? 0),
      open_until: timeOrNull(deployment.openUntilMs),
      shut_until: timeOrNull(deployment.breakerShutUntilMs ?? 0),
      by: deployment.breakerBy ?? null,
      why: deployment.breakerWhy ?? null,
    },
    ...viewCalls(deployment),
  };
}

/** Of the newest calls; null before the first one. */
function viewCalls({ latency, errorRate, errors }: CallFigures): JsonObject {
  return {
    error_rate: errorRate ?? null,
    errors: { ...errors },
    latency:
      latency === undefined
        ? null
        : {
            samples: latency.samples,
            first_byte_ms: latency.firstByteMs === undefined ? null : { ...latency.firstByteMs },
            total_ms: { ...latency.totalMs },
            per_output_token_ms:
              latency.perOutputTokenMs === undefined ? null : { ...latency.perOutputTokenMs },
          },
  };
}

function timeOrNull(atMs: number): string | null {
  return atMs === 0 ? null : new Date(atMs).toISOString();
}
