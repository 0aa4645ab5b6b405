/**
 * Typed events: what happened, told to whoever listens (logs, metrics, traces). Core code emits
 * and knows no listener; a listener that throws is reported and cannot fail the work it was told
 * about. An event that nobody hears costs a look into a map, so hot paths may emit.
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
export function createEvents<Fields extends EventFields>(
  onListenerError: (event: string, error: unknown) => void,
): Events<Fields> {
  type Name = keyof Fields & string;
  type Listener = (name: Name, fields: Fields[Name]) => void;
  const byName = new Map<string, Set<Listener>>();
  const ofAll = new Set<Listener>();
  const subscribe = (listeners: Set<Listener>, listener: Listener): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const tell = (listeners: Iterable<Listener>, name: Name, fields: Fields[Name]): void => {
    for (const listener of listeners) {
      try {
        listener(name, fields);
      } catch (error) {
        // Going on is safe: listeners only watch, nothing of the work depends on them.
        onListenerError(name, error);
      }
    }
  };
  return {
    emit(name, fields) {
      tell(byName.get(name) ?? [], name, fields);
      tell(ofAll, name, fields);
    },
    on(name, listener) {
      const own = byName.get(name) ?? new Set<Listener>();
      byName.set(name, own);
      // The name decides the type of the fields; the compiler cannot follow that through a map.
      return subscribe(own, (_, fields) => listener(fields as Fields[typeof name]));
    },
    onAny: (listener) => subscribe(ofAll, listener),
  };
}
