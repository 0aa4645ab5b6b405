/**
 * Which model each session stays with, so that its prompts find the provider's cache. Written
 * beside the admission and never waited for; a pin that is lost costs a cold cache, no more.
 */
import type { SessionRef, SessionStore } from '../ports/session-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { createShortMemory } from './short-memory.ts';

export interface SessionPins {
  of(ref: SessionRef): Promise<string | undefined>;
  /** A job of the session was taken in for the model. */
  note(ref: SessionRef, model: string): void;
}

export interface SessionPinsDeps {
  readonly sessions: SessionStore;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly onError: (error: unknown) => void;
}

const freshMs = 5_000;
const entriesMax = 10_000;
/** Providers keep a prompt for minutes; the pin outlives pauses of a conversation. */
const keptMs = 60 * 60 * 1_000;

export function createSessionPins({ sessions, clock, onError }: SessionPinsDeps): SessionPins {
  const memory = createShortMemory<string | undefined>({ clock, freshMs, entriesMax });
  const written = createShortMemory<string>({ clock, freshMs, entriesMax });
  return {
    of: (ref) => memory.recall(nameOf(ref), () => sessions.read(ref)),
    note(ref, model) {
      const name = nameOf(ref);
      memory.note(name, model);
      // A busy session writes the same once in these seconds, not with each job.
      void written.recall(`${name}\n${model}`, async () => {
        await sessions.pin(ref, { model, keptMs }).catch(onError);
        return model;
      });
    },
  };
}

function nameOf({ tenant, session, requested }: SessionRef): string {
  return JSON.stringify([tenant, session, requested]);
}
