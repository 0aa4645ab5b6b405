import type { Job } from '@forebay/client';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { describe, expect, test } from 'vitest';
import { createTerminal } from '../terminal/terminal.ts';
import { BulkProgress } from './bulk-progress.ts';
import { BulkTally } from './bulk-tally.ts';

function setup({ isTTY, waits }: { readonly isTTY: boolean; readonly waits: boolean }) {
  const clock = createManualClock();
  let text = '';
  const stderr = {
    isTTY,
    columns: 90,
    write: (more: string) => {
      text += more;
    },
  };
  const options = { json: false, quiet: false, colours: false };
  const terminal = createTerminal({ stdout: stderr, stderr, ...options });
  const tally = new BulkTally();
  const progress = new BulkProgress({ clock, terminal, tally, waits });
  return { clock, tally, progress, text: () => text };
}

function addLines(tally: BulkTally, count: number): void {
  for (let line = 1; line <= count; line += 1) {
    tally.addReply({
      ...{ kind: 'line', line, status: 'accepted', customId: undefined, error: undefined },
      id: `job_${line}`,
    });
  }
}

/** Only what the tally reads. */
const ended = {
  status: 'succeeded',
  cost: { spent: '0.000001', unknown: '0.0000005' },
} as unknown as Job;

describe('the progress of a bulk submission', () => {
  test('redraws one line with rate and time left', async () => {
    const { clock, tally, progress, text } = setup({ isTTY: true, waits: false });
    addLines(tally, 100);
    tally.fraction = 0.25;
    await clock.advance(2_000);
    progress.update();
    progress.update();
    expect(text().split('\r\u001b[2K')).toEqual([
      '',
      expect.stringContaining('0 lines'),
      '██████░░░░░░░░░░░░░░░░░░ 100 lines  100 accepted  50/s  ETA 6.0 s',
    ]);
    tally.intakeIsDone = true;
    progress.end();
    expect(text()).toMatch(/█{24} 100 lines {2}100 accepted {2}50\/s\n$/);
  });

  test('counts ends and cost when the jobs are waited for', async () => {
    const { clock, tally, progress, text } = setup({ isTTY: true, waits: true });
    addLines(tally, 4);
    tally.intakeIsDone = true;
    tally.addEnd(ended);
    await clock.advance(1_000);
    progress.update();
    expect(text()).toContain('1/4 ended  1 succeeded  1.0/s  ETA 3.0 s  0.0000015 USD');
  });

  test('writes plain lines at long intervals where no terminal is', async () => {
    const { clock, tally, progress, text } = setup({ isTTY: false, waits: false });
    addLines(tally, 3);
    await clock.advance(4_999);
    progress.update();
    expect(text()).toBe('');
    await clock.advance(1);
    progress.update();
    expect(text()).toBe('forebay: 3 lines  3 accepted  0.6/s\n');
  });
});
