/** `forebay feedback`. */
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { UsageError } from '../program/usage-error.ts';
import { connect } from '../requests/connect.ts';

export async function runFeedback(input: CommandInput): Promise<number> {
  const { terminal, signal, options } = input;
  const client = connect(input);
  const [score, comment, user] = ['score', 'comment', 'user'].map((name) => options.text(name));
  if (score === undefined) throw new UsageError('--score: expected a number from 0 to 1');
  const feedback = {
    score: Number(score),
    ...(comment === undefined ? {} : { comment }),
    ...(user === undefined ? {} : { user }),
  };
  for (const id of input.arguments) {
    const kept = await client.feedback(id, feedback, { signal });
    terminal.document(kept);
    const task = kept.task === null ? '' : ` at ${kept.task}`;
    terminal.out(`${kept.job}  ${kept.score} for ${kept.model}${task}\n`);
  }
  return exitCode.done;
}
