/** Lines as a body that is made only as fast as it is sent. */

/** Several short lines travel in one piece. */
const pieceCharacters = 16 * 1024;

export interface UploadBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** What the source of the lines threw; `undefined` while it has thrown nothing. */
  failure(): { readonly error: unknown } | undefined;
}

/** @param next gives one line, `undefined` after the last. */
export function createUploadBody(next: () => Promise<string | undefined>): UploadBody {
  const encoder = new TextEncoder();
  let failure: { readonly error: unknown } | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const line = await next();
          if (line === undefined) controller.close();
          else controller.enqueue(encoder.encode(`${line}\n`));
        } catch (error) {
          failure = { error };
          controller.error(error);
        }
      },
    },
    { highWaterMark: pieceCharacters, size: (piece) => piece?.byteLength ?? 0 },
  );
  return { stream, failure: () => failure };
}
