import type { CommandSpec } from '../program/command-spec.ts';

export const completionCommand: CommandSpec = {
  path: 'completion',
  summary: 'print the completion script of a shell',
  group: 'local',
  arguments: [
    {
      name: 'shell',
      description: 'which shell',
      required: true,
      choices: ['bash', 'zsh', 'fish'],
    },
  ],
  options: [],
  examples: [
    {
      command: 'source <(forebay completion bash)',
      explains: 'bash and zsh, in ~/.bashrc or ~/.zshrc',
    },
    {
      command: 'forebay completion fish > ~/.config/fish/completions/forebay.fish',
      explains: 'fish',
    },
  ],
  load: async () => (await import('./run-completion.ts')).runCompletion,
};
