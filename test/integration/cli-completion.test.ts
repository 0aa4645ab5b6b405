// Completion scripts in real interactive shells: a command is typed halfway, and Tab ends it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mainOf, startProcess } from '../support/processes.ts';
import { startInTerminal } from '../support/pseudo-terminal.ts';

async function completionScript(shell: string): Promise<string> {
  const run = startProcess({
    name: `completion ${shell}`,
    args: [mainOf('cli'), 'completion', shell],
  });
  expect((await run.exited).code).toBe(0);
  return run.output();
}

async function shellFolder(shell: string) {
  const folder = mkdtempSync(join(tmpdir(), 'forebay-completion-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'completion'), await completionScript(shell));
  return folder;
}

const shells = [
  {
    shell: 'bash',
    start: 'bash --norc --noprofile -i',
    load: (folder: string) => `source ${folder}/completion`,
  },
  {
    shell: 'zsh',
    start: 'zsh -f -i',
    load: (folder: string) =>
      `autoload -Uz compinit && compinit -u -d ${folder}/dump && source ${folder}/completion`,
  },
] as const;

// Elsewhere `script` takes other arguments.
describe.skipIf(process.platform !== 'linux').each(shells)(
  'in $shell',
  ({ shell, start, load }) => {
    test('the script completes commands, options and their values', async () => {
      const folder = await shellFolder(shell);
      const terminal = startInTerminal({
        name: shell,
        command: start,
        env: { PS1: '', HOME: folder, HISTFILE: '/dev/null' },
      });
      // Written in two parts, so that the typed line is not taken for what it leads to.
      terminal.type(`${load(folder)}; forebay() { echo "go""t $*."; }; PS1="rea""dy> "\n`);
      await terminal.waitForOutput(/ready> /);
      const expectCompleted = async (keys: string, line: string): Promise<void> => {
        terminal.type(`forebay ${keys}\t\n`);
        await terminal.waitForOutput(new RegExp(`got ${line}\\.`));
      };
      await expectCompleted('canc', 'cancel');
      await expectCompleted('config val', 'config validate');
      await expectCompleted('bulk --on-e', 'bulk --on-error');
      await expectCompleted('submit --kind emb', 'submit --kind embeddings');
      await expectCompleted('completion fi', 'completion fish');
      terminal.type('exit\n');
      await terminal.exited;
      expect(terminal.output()).not.toMatch(/syntax error|parse error|not found|bad substitution/);
    });
  },
);

test('the script of fish names every command', async () => {
  const script = await completionScript('fish');
  for (const word of ['submit', 'bulk', 'doctor', 'validate', 'completion']) {
    expect(script).toMatch(new RegExp(`-a ${word} `));
  }
});
