/** Answers of the store that one process remembers for seconds, so that not every job asks. */
import type { Clock } from '../runtime/clock.ts';
import { keepNewest } from './keep-newest.ts';

export interface ShortMemory<Value> {
  /** The remembered answer, or the one that `ask` gives; a failure is not remembered. */
  recall(key: string, ask: () => Promise<Value>): Promise<Value>;
  /** Remembers what is known without asking. */
  note(key: string, value: Value): void;
  forget(key: string): void;
}

export interface ShortMemorySettings {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly freshMs: number;
  /** The one that was noted the longest ago goes first. */
  readonly entriesMax: number;
}

export function createShortMemory<Value>(settings: ShortMemorySettings): ShortMemory<Value> {
  const { clock, freshMs, entriesMax } = settings;
  const entries = new Map<string, { readonly answer: Promise<Value>; readonly untilMs: number }>();
  const keep = (key: string, answer: Promise<Value>): void => {
    const untilMs = clock.monotonicMs() + freshMs;
    keepNewest(entries, [key, { answer, untilMs }], entriesMax);
  };
  return {
    recall(key, ask) {
      const known = entries.get(key);
      if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.answer;
      const answer = ask();
      keep(key, answer);
      answer.catch(() => {
        // Told to whoever waits for it; the next one asks again.
        if (entries.get(key)?.answer === answer) entries.delete(key);
      });
      return answer;
    },
    note: (key, value) => keep(key, Promise.resolve(value)),
    forget: (key) => void entries.delete(key),
  };
}
