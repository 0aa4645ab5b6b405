/** The completion script of zsh, with descriptions. */
import type { Completion, CompletionPlace } from './completion-tree.ts';

export function zshCompletion(tree: readonly CompletionPlace[]): string {
  const places = tree.map(({ place }) => place).filter((place) => place !== '');
  // `path` is the search path in zsh, hence `place`.
  return `#compdef forebay
# zsh completion of forebay. Load it after compinit with: source <(forebay completion zsh)
_forebay() {
  local place="" word
  local -a offered
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place/$word" in
      ${places.map((place) => `(${place})`).join('|')}) place="$place/$word" ;;
    esac
  done
  case "$place \${words[CURRENT-1]}" in
${tree.flatMap(optionCases).join('\n')}
  esac
  case "$place" in
${tree.map(placeCase).join('\n')}
  esac
}
if (( $+functions[compdef] )); then compdef _forebay forebay; fi
`;
}

function optionCases({ place, optionValues }: CompletionPlace): readonly string[] {
  return optionValues.map(({ option, values, isFile }) => {
    const reply = isFile ? '_files' : values.length > 0 ? `compadd -- ${values.join(' ')}` : ':';
    return `    "${place} ${option}") ${reply}; return ;;`;
  });
}

function placeCase(found: CompletionPlace): string {
  const { place, commands, options, values, takesFiles } = found;
  const offered = [...commands, ...values.map((word) => ({ word, description: word }))];
  const rest = takesFiles
    ? '_files'
    : offered.length > 0
      ? `offered=(${list(offered)}); _describe command offered`
      : ':';
  return `    "${place}")
      if [[ $PREFIX == -* ]]; then
        offered=(${list(options)})
        _describe -o option offered
      else
        ${rest}
      fi ;;`;
}

/** `_describe` parts word and description at a colon. */
function list(completions: readonly Completion[]): string {
  return completions
    .map(({ word, description }) => {
      const text = `${word.replaceAll(':', '\\\\:')}:${description.replaceAll("'", '’')}`;
      return `'${text}'`;
    })
    .join(' ');
}
