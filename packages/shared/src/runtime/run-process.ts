/**
 * The frame of every process: start, say what is wrong and leave with 2, run until a signal, stop
 * in order and leave with 0. A second signal ends at once; SIGHUP reads settings again.
 */

/** What a start gave. */
export type Started =
  | {
      readonly kind: 'running';
      stop(): Promise<void>;
      /** Reads the settings again that can be read again; must not throw. */
      reload?(): void;
    }
  /** Settings that cannot be used: one line per problem. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** For settings that an operator must correct first, as command lines use it. */
const exitInvalid = 2;

export async function runProcess(start: () => Promise<Started>): Promise<void> {
  let started: Started;
  try {
    started = await start();
  } catch (error) {
    // Nothing runs yet, so this is the last word of the process.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  if (started.kind === 'invalid') {
    for (const problem of started.problems) process.stderr.write(`${problem}\n`);
    process.exit(exitInvalid);
  }
  const running = started;
  let stopping = false;
  const onSignal = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  // Without a listener this signal, which a closed terminal sends too, would end the process.
  process.on('SIGHUP', () => (running.reload === undefined ? onSignal() : running.reload()));
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
