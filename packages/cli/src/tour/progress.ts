/** How far the tour is: a bar that redraws itself on a terminal, plain lines elsewhere. */

export interface Progress {
  /** One more job has ended. */
  advance(state: string): void;
  /** Leaves the last state standing. */
  end(): void;
}

export interface ProgressTarget {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const barCharacters = 30;
/** Plain output gets a line about this often over the whole tour. */
const plainLines = 8;

export function createProgress(target: ProgressTarget, total: number): Progress {
  const counts = new Map<string, number>();
  let done = 0;
  const text = (): string => {
    const names = [...counts.keys()].sort();
    const states = names.map((state) => `${counts.get(state) ?? 0} ${state}`);
    return `${done}/${total} jobs  ${states.join(', ')}`;
  };
  const drawBar = (): void => {
    const filled = total === 0 ? barCharacters : Math.round((done / total) * barCharacters);
    const bar = '█'.repeat(filled) + '░'.repeat(barCharacters - filled);
    const line = `${bar} ${text()}`.slice(0, (target.columns ?? 100) - 1);
    target.write(`\r\u001b[2K${line}`);
  };
  const step = Math.max(1, Math.ceil(total / plainLines));
  if (target.isTTY === true) drawBar();
  return {
    advance(state) {
      done += 1;
      counts.set(state, (counts.get(state) ?? 0) + 1);
      if (target.isTTY === true) drawBar();
      else if (done % step === 0 || done === total) target.write(`tour: ${text()}\n`);
    },
    end() {
      if (target.isTTY === true) target.write('\n');
    },
  };
}
