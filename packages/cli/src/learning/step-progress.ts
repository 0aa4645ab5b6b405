/** How far a long computation is: one line that redraws itself, or a plain line for each step. */
import type { Terminal } from '../terminal/terminal.ts';

const clearLine = '\r\u001b[2K';

export class StepProgress {
  readonly #terminal: Terminal;
  #last = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** @param share how much of the step is done, from 0 to 1 */
  show(step: string, share: number): void {
    const text = `${step} ${Math.round(100 * share)} %`;
    if (text === this.#last) return;
    this.#last = text;
    if (this.#terminal.showsProgress) {
      const { progressColumns } = this.#terminal;
      this.#terminal.draw(`${clearLine}${text.slice(0, progressColumns - 1)}`);
    } else if (share >= 1) this.#terminal.note(text);
  }

  /** Leaves the terminal as it was. */
  end(): void {
    if (this.#terminal.showsProgress) this.#terminal.draw(clearLine);
  }
}
