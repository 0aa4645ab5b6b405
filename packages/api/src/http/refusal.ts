/** What became of the right to a call while it was open: it travels as the reason of its signal. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';

/** Why an open call was ended by us; `undefined` while it is not, or when its caller hung up. */
export function refusalIn({ reason }: AbortSignal): ForebayError | undefined {
  return ForebayError.is(reason) ? reason : undefined;
}

/**
 * An input that ends with the right to send it. What has not been taken by then stays unread.
 *
 * @throws ForebayError what the call is refused with.
 */
export async function* whileAllowed(
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const source = input[Symbol.asyncIterator]();
  let refuse = (): void => undefined;
  signal.addEventListener('abort', () => refuse(), { once: true });
  for (;;) {
    const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      refuse = () => {
        const refusal = refusalIn(signal);
        if (refusal !== undefined) reject(refusal);
      };
      if (signal.aborted) refuse();
      // What arrives after a refusal meets a settled promise, which ignores it.
      source.next().then(resolve, reject);
    });
    if (next.done === true) return;
    yield next.value;
  }
}
