/**
 * How far a bulk submission is: one line that redraws itself on a terminal, plain lines at long
 * intervals elsewhere, nothing under `--quiet`.
 */
import { formatUsd } from '@forebay/shared/domain/money';
import type { Clock } from '@forebay/shared/runtime/clock';
import { formatDuration } from '../terminal/format-duration.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { BulkTally } from './bulk-tally.ts';

const redrawMs = 100;
const plainLineMs = 5_000;
const barCharacters = 24;
const clearLine = '\r\u001b[2K';

export interface BulkProgressOptions {
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly tally: BulkTally;
  /** Counts ended jobs instead of answered lines. */
  readonly waits: boolean;
}

export class BulkProgress {
  readonly #options: BulkProgressOptions;
  readonly #startedMs: number;
  #shownMs: number;

  constructor(options: BulkProgressOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#shownMs = this.#startedMs;
    if (options.terminal.showsProgress) this.#show();
  }

  /** Something has changed; shows it when it is time again. */
  update(): void {
    const { clock, terminal } = this.#options;
    const intervalMs = terminal.showsProgress ? redrawMs : plainLineMs;
    if (clock.monotonicMs() - this.#shownMs >= intervalMs) this.#show();
  }

  /** Words that must not be drawn over. */
  interrupt(say: () => void): void {
    const { terminal } = this.#options;
    if (terminal.showsProgress) terminal.draw(clearLine);
    say();
    if (terminal.showsProgress) this.#show();
  }

  /** Leaves the last state standing. */
  end(): void {
    this.#show();
    if (this.#options.terminal.showsProgress) this.#options.terminal.draw('\n');
  }

  #show(): void {
    const { clock, terminal } = this.#options;
    this.#shownMs = clock.monotonicMs();
    const text = this.#text();
    if (terminal.showsProgress) {
      const bar = barOf(this.#fraction());
      terminal.draw(`${clearLine}${`${bar} ${text}`.slice(0, terminal.progressColumns - 1)}`);
    } else {
      terminal.note(text);
    }
  }

  #text(): string {
    const { tally, waits, clock } = this.#options;
    const elapsedMs = clock.monotonicMs() - this.#startedMs;
    const done = waits ? tally.ended : tally.answered;
    const rate = elapsedMs > 0 ? (done * 1_000) / elapsedMs : 0;
    const parts = [
      waits ? `${done}/${tally.jobs} ended` : `${done} lines`,
      ...(waits ? endsOf(tally) : [`${tally.accepted} accepted`]),
      ...(tally.duplicates > 0 ? [`${tally.duplicates} known`] : []),
      ...(tally.rejected > 0 ? [`${tally.rejected} rejected`] : []),
      `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`,
      ...this.#eta(elapsedMs),
      ...(waits ? [`${formatUsd(tally.costNanoUsd)} USD`] : []),
    ];
    return parts.join('  ');
  }

  #eta(elapsedMs: number): readonly string[] {
    const fraction = this.#fraction();
    if (fraction === undefined || fraction <= 0 || fraction >= 1) return [];
    return [`ETA ${formatDuration((elapsedMs * (1 - fraction)) / fraction)}`];
  }

  /** `undefined` while the size of the whole is not known. */
  #fraction(): number | undefined {
    const { tally, waits } = this.#options;
    if (!waits) return tally.intakeIsDone ? 1 : tally.fraction;
    if (tally.intakeIsDone) return tally.jobs === 0 ? 1 : tally.ended / tally.jobs;
    if (tally.fraction === undefined || tally.jobs === 0) return undefined;
    return (tally.ended / tally.jobs) * tally.fraction;
  }
}

function endsOf({ ends }: BulkTally): readonly string[] {
  return [...ends.keys()].sort().map((status) => `${ends.get(status)?.count ?? 0} ${status}`);
}

function barOf(fraction: number | undefined): string {
  const filled = Math.floor((fraction ?? 0) * barCharacters);
  return '█'.repeat(filled) + '░'.repeat(barCharacters - filled);
}
