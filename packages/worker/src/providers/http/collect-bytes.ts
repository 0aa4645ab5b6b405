import type { BodySink } from './exchange.ts';

/** A body kept whole; the exchange bounds its size. */
export interface CollectedBody extends BodySink {
  readonly kind: 'collected';
  text(): string;
}

/** A sink that keeps every byte. */
export function collectBytes(): CollectedBody {
  const chunks: Uint8Array[] = [];
  return {
    kind: 'collected',
    write(chunk) {
      chunks.push(chunk);
      return 'more';
    },
    // A byte order mark before JSON is legal nowhere and harmless here; the decoder drops it.
    text: () => new TextDecoder().decode(Buffer.concat(chunks)),
  };
}
