/** `forebay completion`. */
import { bashCompletion } from '../completion/bash-completion.ts';
import { completionTree } from '../completion/completion-tree.ts';
import { fishCompletion } from '../completion/fish-completion.ts';
import { zshCompletion } from '../completion/zsh-completion.ts';
import type { CommandInput } from '../program/command-input.ts';
import { commandGroups, commandTable } from '../program/command-table.ts';
import { exitCode } from '../program/exit-code.ts';

export async function runCompletion({ arguments: [shell], terminal }: CommandInput) {
  const tree = completionTree(commandTable, commandGroups);
  const script =
    shell === 'bash'
      ? bashCompletion(tree)
      : shell === 'zsh'
        ? zshCompletion(tree)
        : fishCompletion(tree);
  terminal.out(script);
  terminal.document({ shell, script });
  return exitCode.done;
}
