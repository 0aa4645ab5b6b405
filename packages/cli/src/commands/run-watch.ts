/** `forebay watch`. */
import type { JobEvent } from '@forebay/client';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { answerText } from '../requests/answer-text.ts';
import { connect } from '../requests/connect.ts';
import type { Terminal } from '../terminal/terminal.ts';

export async function runWatch(input: CommandInput): Promise<number> {
  const {
    arguments: [id = ''],
    options,
    terminal,
    signal,
  } = input;
  const client = connect(input);
  const view = new EventView(terminal);
  const startingAfter = options.text('after');
  for await (const event of client.events(id, { startingAfter, signal })) {
    terminal.document(event);
    if (!terminal.json) view.show(event);
  }
  // Whoever asks for events after the last one gets none, and the job tells how it ended.
  const job = await client.get(id, { signal });
  if (job.status !== 'succeeded') return exitCode.notAsExpected;
  if (terminal.json || view.showedWholeAnswer) return exitCode.done;
  const isLarge = typeof job.result_url === 'string';
  const result = isLarge ? await client.result(id, { signal }) : job.result;
  terminal.out(`${answerText(result)}\n`);
  return exitCode.done;
}

/** Events as a person reads them: the answer grows, changes stand beside it. */
class EventView {
  readonly #terminal: Terminal;
  #attempt: unknown;
  #isInAnswer = false;
  #hasGap = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Otherwise what was shown is a part of it, or nothing. */
  get showedWholeAnswer(): boolean {
    return this.#attempt !== undefined && !this.#hasGap;
  }

  show({ type, data }: JobEvent): void {
    if (type === 'job.delta') {
      this.#showPiece(data);
      return;
    }
    if (type === 'job.gap') this.#hasGap = true;
    this.#endAnswer();
    const { model, attempt } = data;
    const words = [
      type,
      ...(typeof model === 'string' ? [model] : []),
      ...(typeof attempt === 'number' && attempt > 0 ? [`attempt ${attempt}`] : []),
    ];
    this.#terminal.note(words.join('  '));
  }

  #showPiece({ attempt, choice, field, text }: JobEvent['data']): void {
    // Several choices would be mixed; the whole answer has them.
    if (field !== 'content' || choice !== 0 || typeof text !== 'string') return;
    if (this.#attempt !== undefined && this.#attempt !== attempt) {
      this.#endAnswer();
      this.#terminal.note('the answer begins anew');
    }
    this.#attempt = attempt;
    this.#isInAnswer = true;
    this.#terminal.out(text);
  }

  #endAnswer(): void {
    if (this.#isInAnswer) this.#terminal.out('\n');
    this.#isInAnswer = false;
  }
}
