import { closeSync, openSync, writeSync } from 'node:fs';
import { ChangeSignal } from '../timing/change-signal.ts';
import type { CallLine } from './call-line.ts';

/** Lines kept in memory; older ones are forgotten and counted. The file keeps all of them. */
const LINES_MAX = 500_000;

/** The provider's own ledger: every call, and which of them it charges for. */
export class CallBook {
  readonly #file: number | null;
  #lines: CallLine[] = [];
  #forgotten = 0;
  /** Told about every new line. */
  readonly changes = new ChangeSignal();

  /** `filePath` gets each billed line appended, synchronously, as one JSON line. */
  constructor(filePath: string | null) {
    this.#file = filePath === null ? null : openSync(filePath, 'a');
  }

  /** Writes one finished call. */
  add(line: CallLine): void {
    if (this.#file !== null && line.billed) writeSync(this.#file, `${JSON.stringify(line)}\n`);
    this.#lines.push(line);
    if (this.#lines.length > LINES_MAX) {
      const excess = LINES_MAX / 10;
      this.#lines = this.#lines.slice(excess);
      this.#forgotten += excess;
    }
    this.changes.notify();
  }

  /** Every call that ended, oldest first. */
  calls(): CallLine[] {
    return [...this.#lines];
  }

  /** The calls a real provider would charge for. */
  bill(): CallLine[] {
    return this.#lines.filter((line) => line.billed);
  }

  /** How many lines no longer fit in memory. */
  get forgottenCount(): number {
    return this.#forgotten;
  }

  /** Forgets all lines in memory; the file is left as it is. */
  clear(): void {
    this.#lines = [];
    this.#forgotten = 0;
    this.changes.notify();
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}
