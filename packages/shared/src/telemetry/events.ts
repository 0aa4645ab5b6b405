/**
 * Typed events: what happened, told to whoever listens (logs, metrics). Core code emits and knows
 * no listener; a listener that throws is reported and cannot fail the work it was told about.
 */

/** Event names with the fields that each carries: ids and numbers, never content. */
export type EventFields = Readonly<Record<string, object>>;

export interface Events<Map extends EventFields> {
  emit<Name extends keyof Map & string>(name: Name, fields: Map[Name]): void;
  /** @returns a function that ends the subscription. */
  on<Name extends keyof Map & string>(
    name: Name,
    listener: (fields: Map[Name]) => void,
  ): () => void;
  /** Hears every event. @returns a function that ends the subscription. */
  onAny(listener: (name: keyof Map & string, fields: Map[keyof Map & string]) => void): () => void;
}

/**
 * Makes an emitter.
 *
 * @param onListenerError told about a listener that threw; must not throw itself.
 */
export function createEvents<Map extends EventFields>(
  onListenerError: (event: string, error: unknown) => void,
): Events<Map> {
  type AnyListener = (name: keyof Map & string, fields: Map[keyof Map & string]) => void;
  const listeners = new Set<AnyListener>();
  const subscribe = (listener: AnyListener): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    emit(name, fields) {
      for (const listener of listeners) {
        try {
          listener(name, fields);
        } catch (error) {
          // Going on is safe: listeners only watch, nothing of the work depends on them.
          onListenerError(name, error);
        }
      }
    },
    on(name, listener) {
      return subscribe((emitted, fields) => {
        // The name decides the type of the fields; the compiler cannot follow that through a set.
        if (emitted === name) listener(fields as Map[typeof name]);
      });
    },
    onAny: subscribe,
  };
}
