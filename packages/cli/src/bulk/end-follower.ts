/**
 * Waits for many jobs, a few at a time and in the order in which they were made, which is about
 * the order in which they end: most are read once, when they have ended already.
 */
import type { ForebayClient, Job } from '@forebay/client';

/** Long polls that are open at the same time; the API allows a key several times as many. */
const openPollsMax = 32;

export interface EndFollowerOptions {
  readonly client: ForebayClient;
  readonly signal: AbortSignal;
  /** One more job has ended. */
  readonly onEnd: (job: Job) => void | Promise<void>;
}

export class EndFollower {
  readonly #options: EndFollowerOptions;
  readonly #waiting: string[] = [];
  /** A job that was reported twice, as a duplicate of a line before, ends once. */
  readonly #known = new Set<string>();
  readonly #polls = new Set<Promise<void>>();
  #next = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: EndFollowerOptions) {
    this.#options = options;
  }

  /** @returns whether the job was not known yet. */
  add(id: string): boolean {
    if (this.#known.has(id)) return false;
    this.#known.add(id);
    this.#waiting.push(id);
    this.#fill();
    return true;
  }

  /** Resolves once all jobs have ended. @throws what the first failed wait threw. */
  async finish(): Promise<void> {
    while (this.#polls.size > 0) await Promise.race(this.#polls);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #fill(): void {
    while (this.#polls.size < openPollsMax && this.#failure === undefined) {
      const id = this.#waiting[this.#next];
      if (id === undefined) return;
      this.#next += 1;
      const poll = this.#follow(id).finally(() => {
        this.#polls.delete(poll);
        this.#fill();
      });
      this.#polls.add(poll);
    }
  }

  async #follow(id: string): Promise<void> {
    const { client, signal, onEnd } = this.#options;
    try {
      await onEnd(await client.wait(id, { signal }));
    } catch (error) {
      // Told by `finish`; the other waits end by themselves.
      this.#failure ??= { error };
    }
  }
}
