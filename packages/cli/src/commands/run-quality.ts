/** `forebay quality`. */
import type { LearnedQuality } from '@forebay/client';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { formatTable } from '../terminal/format-table.ts';

export async function runQuality(input: CommandInput): Promise<number> {
  const { options, terminal, signal } = input;
  const learned = await connect(input).quality(options.text('user'), { signal });
  terminal.document(learned);
  terminal.out(formatTable(head, learned.map(rowOf)));
  if (learned.length === 0) terminal.note('nothing was learned yet');
  return exitCode.done;
}

const head = [
  ...['task', 'model', 'quality', 'from', 'prior'],
  ...['judged', 'mean', 'answers', 'of no use'],
];

function rowOf({ task, model, quality, source, prior, judgements, answers }: LearnedQuality) {
  return [
    ...[task ?? '', model, quality ?? '', source ?? '', prior ?? ''],
    ...[judgements.count, judgements.mean ?? '', answers.count, answers.of_no_use],
  ];
}
