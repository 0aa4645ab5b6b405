/**
 * Sums outcomes up by model and task, to be counted as judgements. A file that begins with all the
 * lines of one that was counted before has grown: its first lines are left out.
 */
import { createHash } from 'node:crypto';
import { limits } from '../domain/limits.ts';
import type { OutcomeFile, OutcomeSum } from '../domain/outcome-file.ts';
import type { TaskClass } from '../domain/task-class.ts';
import { classifyTask } from '../tasks/classify-task.ts';
import type { SignalWeights } from '../tasks/task-signals.ts';
import { type AddOutcomeResult, parseOutcome } from './collect-outcomes.ts';

export interface OutcomeTallyOptions {
  /** Files that were counted before. */
  readonly counted: readonly OutcomeFile[];
  /** How tasks are told apart, as the configuration says. */
  readonly weights: SignalWeights | undefined;
  /** Models that may occur; `undefined` for any. */
  readonly models: ReadonlySet<string> | undefined;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

export class OutcomeTally {
  readonly #options: OutcomeTallyOptions;
  readonly #digest = createHash('sha256');
  readonly #digestOf: ReadonlyMap<number, readonly string[]>;
  readonly #sums = new Map<string, Writable<OutcomeSum>>();
  #lines = 0;
  #base: OutcomeFile | undefined;

  constructor(options: OutcomeTallyOptions) {
    this.#options = options;
    const digests = new Map<number, string[]>();
    for (const { lines, digest } of options.counted) {
      digests.set(lines, [...(digests.get(lines) ?? []), digest]);
    }
    this.#digestOf = digests;
  }

  /** Adds one line that is not blank. Bad ones are part of the file all the same. */
  add(line: string): AddOutcomeResult {
    this.#digest.update(`${line.trim()}\n`);
    this.#lines += 1;
    const result = this.#count(line);
    const known = this.#digestOf.get(this.#lines);
    if (known?.includes(this.file.digest) === true) {
      this.#base = this.file;
      this.#sums.clear();
    }
    return result;
  }

  /** All lines so far. */
  get file(): OutcomeFile {
    return { lines: this.#lines, digest: this.#digest.copy().digest('hex').slice(0, 32) };
  }

  /** The longest counted file that this one begins with. */
  get base(): OutcomeFile | undefined {
    return this.#base;
  }

  /** Lines after the base, each with full weight, ordered by model and task. */
  get outcomes(): readonly OutcomeSum[] {
    const name = ({ model, task }: OutcomeSum): string => `${model}\n${task}`;
    return [...this.#sums.values()].sort((left, right) => (name(left) < name(right) ? -1 : 1));
  }

  #count(line: string): AddOutcomeResult {
    const row = parseOutcome(line);
    if (typeof row === 'string') return { kind: 'bad', why: row };
    const { model, score, texts } = row;
    const why = this.#refuse(model, score);
    if (why !== undefined) return { kind: 'bad', why };
    const { weights } = this.#options;
    const task: TaskClass = classifyTask({ texts, asksForSchema: false }, weights).class;
    const key = `${task}|${model}`;
    const sum = this.#sums.get(key) ?? { model, task, count: 0, scores: 0 };
    this.#sums.set(key, sum);
    sum.count += 1;
    sum.scores += score;
    return { kind: 'added' };
  }

  #refuse(model: string, score: number): string | undefined {
    if (score < 0 || score > 1) return '"score": expected a number from 0 to 1, such as 0.8';
    const { models } = this.#options;
    if (models?.has(model) !== false) return undefined;
    return `"model": expected a model of the configuration, got ${JSON.stringify(model)}`;
  }
}

/**
 * What outcomes count as.
 * @param weight judgements that one outcome counts as, above 0 and at most 1
 */
export function asJudgements(outcomes: readonly OutcomeSum[], weight: number): OutcomeSum[] {
  return outcomes.map((sum) => {
    const count = Math.min(limits.importedJudgementsMax, weight * sum.count);
    return { ...sum, count, scores: (count * sum.scores) / sum.count };
  });
}
