/**
 * Works on several items of a stream at once and gives the results in the items' order.
 *
 *  R1. An item is read only while `hasRoom`; a slow reader of results so holds the source up.
 *  R2. A result is given as soon as it is the next one, whether or not more items arrive.
 *  R3. When it ends, for whatever reason, no work that it started goes on.
 */

export interface AheadOptions<T, R> {
  readonly source: AsyncIterator<T, void>;
  readonly start: (item: T) => Promise<R>;
  /** Whether one more item may be read beside those whose results nobody has taken yet. */
  readonly hasRoom: (open: readonly T[]) => boolean;
}

/** @throws what the source or the work threw, after the results of all earlier items. */
export async function* runAhead<T, R>(options: AheadOptions<T, R>): AsyncGenerator<R, void> {
  const open: { readonly item: T; readonly result: Promise<Settled<R>> }[] = [];
  let reading: Promise<Settled<IteratorResult<T, void>>> | undefined;
  let ending: Settled<void> | undefined;
  try {
    for (;;) {
      const room = options.hasRoom(open.map(({ item }) => item));
      if (ending === undefined && room) reading ??= settle(options.source.next());
      const [first] = open;
      if (first === undefined && reading === undefined) break;
      const landed = await Promise.race([
        ...(first === undefined ? [] : [first.result.then(() => true)]),
        ...(reading === undefined ? [] : [reading.then(() => false)]),
      ]);
      if (landed && first !== undefined) {
        yield unwrap(await first.result);
        open.shift();
        continue;
      }
      const next = await reading;
      reading = undefined;
      if (next === undefined) continue;
      if (!next.ok) ending = next;
      else if (next.value.done === true) ending = { ok: true, value: undefined };
      else open.push({ item: next.value.value, result: settle(options.start(next.value.value)) });
    }
    if (ending !== undefined) unwrap(ending);
  } finally {
    await Promise.all(open.map(({ result }) => result));
  }
}

/** The outcome of a promise that nobody may be waiting for when it fails. */
export type Settled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

export function settle<T>(work: Promise<T>): Promise<Settled<T>> {
  return work.then(
    (value) => ({ ok: true, value }) as const,
    (error: unknown) => ({ ok: false, error }) as const,
  );
}

/** @throws what the work threw. */
export function unwrap<T>(settled: Settled<T>): T {
  if (!settled.ok) throw settled.error;
  return settled.value;
}
