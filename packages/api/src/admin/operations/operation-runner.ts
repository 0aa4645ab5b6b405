/**
 * Works on operations, in every api process: whoever looks first takes one up, and if it dies,
 * another one goes on with it a little later.
 */
import type { OperationStore } from '@forebay/shared/ports/operation-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { type RunOperationDeps, runOperation } from './run-operation.ts';

export interface OperationRunnerDeps extends RunOperationDeps {
  readonly operations: RunOperationDeps['operations'] & Pick<OperationStore, 'take'>;
  /** How often is looked for operations that nobody works on. */
  readonly sweepIntervalMs: number;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

export function createOperationRunner(deps: OperationRunnerDeps): Service {
  return createLoop({
    name: 'operations',
    clock: deps.clock,
    intervalMs: deps.sweepIntervalMs,
    onError: deps.onError,
    async round(signal) {
      const id = await deps.operations.take(deps.leaseMs);
      if (id === undefined) return false;
      await runOperation(deps, id, signal);
      return true;
    },
  });
}
