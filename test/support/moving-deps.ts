/** What moves a job of one model on, on a real store; tickets go nowhere. */
import { systemClock } from '@forebay/shared/runtime/clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import type { EndMissedDeps } from '@forebay/worker/execution/end-missed';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { sampleCatalog, sampleModel } from './sample-catalog.ts';
import type { TestStore } from './store.ts';

export function movingDeps({
  jobs,
  lanes,
}: TestStore): EndMissedDeps & Pick<TestStore, 'jobs' | 'lanes'> {
  const events = createEvents<WorkerEventFields>((_, error) => {
    throw error;
  });
  return {
    ...{ jobs, lanes, events },
    queue: {
      add: () => Promise.resolve(),
      addMany: () => Promise.resolve(),
      remove: () => Promise.resolve(),
      find: () => Promise.resolve({ kind: 'absent' }),
      close: () => Promise.resolve(),
    },
    catalog: () => sampleCatalog([sampleModel('alpha')]),
    live: { snapshot: () => ({ takenAtMs: 0, models: new Map() }) },
    brownout: { reasonFor: () => undefined },
    quality: { of: () => () => undefined },
    clock: systemClock,
    giveUp: new AbortController().signal,
    role: 'worker',
  };
}
