/** The completion script of fish. */
import type { CompletionPlace, OptionValue } from './completion-tree.ts';

export function fishCompletion(tree: readonly CompletionPlace[]): string {
  const lines = tree.flatMap((place) => placeLines(place, tree));
  return `# fish completion of forebay.
complete -c forebay -f
${lines.join('\n')}
`;
}

function placeLines(found: CompletionPlace, tree: readonly CompletionPlace[]): readonly string[] {
  const { commands, options, values, takesFiles, optionValues } = found;
  const start = `complete -c forebay -n ${quote(conditionOf(found.place, tree))}`;
  const fixed = values.map((word) => ({ word, description: word }));
  return [
    ...[...commands, ...fixed].map(
      ({ word, description }) => `${start} -a ${word} -d ${quote(description)}`,
    ),
    ...(takesFiles ? [`${start} -F`] : []),
    ...options.map(({ word, description }) => {
      const value = optionValues.find(({ option }) => option === word);
      return `${start} -l ${word.slice(2)} -d ${quote(description)}${valuePart(value)}`;
    }),
  ];
}

/** True at this place and at none below it. */
function conditionOf(place: string, tree: readonly CompletionPlace[]): string {
  if (place === '') return '__fish_use_subcommand';
  const words = place.slice(1).split('/');
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = tree
    .filter((other) => other.place.startsWith(`${place}/`))
    .map((other) => `not __fish_seen_subcommand_from ${other.place.split('/').at(-1) ?? ''}`);
  return [...seen, ...below].join('; and ');
}

function valuePart(value: OptionValue | undefined): string {
  if (value === undefined) return '';
  if (value.isFile) return ' -r -F';
  return value.values.length > 0 ? ` -x -a ${quote(value.values.join(' '))}` : ' -x';
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}
