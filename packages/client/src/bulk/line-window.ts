/**
 * The lines that were taken from the caller and not answered yet, so that they can be sent again.
 *
 *  L1 Lines leave in the order in which they came, and are answered in that order.
 *  L2 `rewind` starts over at the first unanswered line; a request from before it gets no more.
 *  L3 The window is bounded: when it is full, nothing is taken from the caller until an answer
 *     comes. An atomic submission is answered only at its end and so has no bound.
 */
import type { BulkLine } from './bulk-item.ts';

export interface LineWindowOptions {
  readonly linesMax: number;
  readonly charactersMax: number;
}

interface Line {
  /** As an editor counts them, blank lines included. */
  readonly number: number;
  /** With the ends of the blank lines before it, which the API passes over and counts, too. */
  readonly text: string;
}

type Source = AsyncIterator<BulkLine> | Iterator<BulkLine>;

export class LineWindow {
  readonly #source: Source;
  readonly #options: LineWindowOptions;
  /** Unanswered lines. */
  #lines: Line[] = [];
  #characters = 0;
  /** How many of `#lines` the present request has sent. */
  #sent = 0;
  #answered = 0;
  #taken = 0;
  /** Blank lines since the last other one. */
  #blank = 0;
  #ended = false;
  #generation = 0;
  #taking: Promise<void> | undefined;
  #wake: () => void = () => {};

  constructor(source: Source, options: LineWindowOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** How many lines have been answered. */
  get answered(): number {
    return this.#answered;
  }

  get unanswered(): number {
    return this.#lines.length;
  }

  /** L2. @returns the function that gives the new request its lines, `undefined` after the last. */
  rewind(): () => Promise<string | undefined> {
    this.#generation += 1;
    this.#sent = 0;
    // A request that waits for room learns that it is over.
    this.#wake();
    const generation = this.#generation;
    return () => this.#next(generation);
  }

  /** The first unanswered line has been answered. @returns its number; 0 when there is none. */
  acknowledge(): number {
    const line = this.#lines.shift();
    if (line === undefined) return 0;
    this.#characters -= line.text.length;
    this.#answered += 1;
    this.#sent = Math.max(0, this.#sent - 1);
    this.#wake();
    return line.number;
  }

  async #next(generation: number): Promise<string | undefined> {
    while (generation === this.#generation) {
      const line = this.#lines[this.#sent];
      if (line !== undefined) {
        this.#sent += 1;
        return line.text;
      }
      if (this.#ended) return undefined;
      // Two requests may overlap for a moment; only one of them may ask the source.
      this.#taking ??= this.#take().finally(() => {
        this.#taking = undefined;
      });
      await this.#taking;
    }
    return undefined;
  }

  /** L3. Takes one line from the caller into the window, or waits for room. */
  async #take(): Promise<void> {
    const { linesMax, charactersMax } = this.#options;
    if (this.#lines.length >= linesMax || this.#characters >= charactersMax) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      return;
    }
    const { done, value } = await this.#source.next();
    if (done === true) {
      this.#ended = true;
      return;
    }
    this.#taken += 1;
    if (typeof value === 'string' && value.trim() === '') {
      this.#blank += 1;
      return;
    }
    const text = '\n'.repeat(this.#blank) + textOf(value, this.#taken);
    this.#blank = 0;
    this.#lines.push({ number: this.#taken, text });
    this.#characters += text.length;
  }
}

/**
 * A line as it is sent. One without a `custom_id` gets `line-<number>`: the API knows lines by it,
 * and without one a line that is sent again would be a second job.
 */
function textOf(line: BulkLine, number: number): string {
  let job: object | undefined;
  if (typeof line === 'string') {
    job = parseJob(line);
    // A line break inside would make two lines of it.
    if (job === undefined) return line.replaceAll(/[\r\n]+/g, ' ');
  } else {
    job = line;
  }
  return JSON.stringify('custom_id' in job ? job : { ...job, custom_id: `line-${number}` });
}

function parseJob(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    // Sent as it is, for the API to say what is wrong with it.
    return undefined;
  }
}
