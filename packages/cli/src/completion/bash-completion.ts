/** The completion script of bash. It needs nothing but bash itself, 3.2 or newer. */
import type { CompletionPlace } from './completion-tree.ts';

export function bashCompletion(tree: readonly CompletionPlace[]): string {
  const places = tree.map(({ place }) => place).filter((place) => place !== '');
  return `# bash completion of forebay. Load it with: source <(forebay completion bash)
_forebay() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" place="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$place/\${COMP_WORDS[index]}" in
      ${places.join('|')}) place="$place/\${COMP_WORDS[index]}" ;;
    esac
  done
  COMPREPLY=()
  case "$place $prev" in
${tree.flatMap(optionCases).join('\n')}
  esac
  case "$place" in
${tree.map(placeCase).join('\n')}
  esac
}
complete -F _forebay forebay
`;
}

/** What follows an option that has a value. */
function optionCases({ place, optionValues }: CompletionPlace): readonly string[] {
  return optionValues.map(({ option, values, isFile }) => {
    const reply = isFile ? files : values.length > 0 ? words(values) : ':';
    return `    "${place} ${option}") ${reply}; return ;;`;
  });
}

function placeCase({ place, commands, options, values, takesFiles }: CompletionPlace): string {
  const offered = [...commands.map(({ word }) => word), ...values];
  const optionWords = words(options.map(({ word }) => word));
  const rest = takesFiles ? files : words(offered);
  return `    "${place}") if [[ $cur == -* ]]; then ${optionWords}; else ${rest}; fi ;;`;
}

const files = 'COMPREPLY=($(compgen -f -- "$cur"))';

function words(list: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${list.join(' ')}" -- "$cur"))`;
}
