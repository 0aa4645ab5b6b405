/** What taking in many jobs needs. */
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { PlaceTicketDeps } from '@forebay/shared/tickets/place-ticket';
import type { IntakeEvents } from '../intake-events.ts';
import type { AtomicRoom } from './atomic-room.ts';
import type { DraftLineDeps } from './draft-line.ts';

export interface BulkDeps extends DraftLineDeps {
  readonly jobs: Pick<JobStore, 'admitGroup' | 'limitBatch' | 'read' | 'nowMs'>;
  readonly tickets: PlaceTicketDeps;
  readonly events: IntakeEvents;
  readonly clock: Clock;
  readonly atomicRoom: AtomicRoom;
}
