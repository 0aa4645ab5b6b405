/**
 * Sums outcomes up by model and task, to be counted as judgements. A file that begins with all the
 * lines of one that was counted before has grown: its first lines are left out.
 */
import { createHash } from 'node:crypto';
import { limits } from '../domain/limits.ts';
import type { CountedFile, OutcomeFile, OutcomeSum } from '../domain/outcome-file.ts';
import type { TaskClass } from '../domain/task-class.ts';
import { classifyTask } from '../tasks/classify-task.ts';
import type { SignalWeights } from '../tasks/task-signals.ts';
import { type AddOutcomeResult, parseOutcome } from './collect-outcomes.ts';

export interface OutcomeTallyOptions {
  /** Files that were counted before. */
  readonly counted: readonly CountedFile[];
  /** How tasks are told apart, as the configuration says. */
  readonly weights: SignalWeights | undefined;
  /** Models that may occur; `undefined` for any. */
  readonly models: ReadonlySet<string> | undefined;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Outcomes of one model at one task. */
export interface TalliedOutcomes extends OutcomeSum {
  /** As many more of them were counted with the base. */
  readonly before: number;
}

export class OutcomeTally {
  readonly #options: OutcomeTallyOptions;
  readonly #digest = createHash('sha256');
  readonly #counted: ReadonlyMap<string, CountedFile>;
  readonly #linesCounted: ReadonlySet<number>;
  readonly #sums = new Map<string, Writable<TalliedOutcomes>>();
  #lines = 0;
  #base: CountedFile | undefined;

  constructor(options: OutcomeTallyOptions) {
    this.#options = options;
    this.#counted = new Map(options.counted.map((file) => [file.digest, file]));
    this.#linesCounted = new Set(options.counted.map(({ lines }) => lines));
  }

  /** Adds one line that is not blank. Bad ones are part of the file all the same. */
  add(line: string): AddOutcomeResult {
    this.#digest.update(`${line.trim()}\n`);
    this.#lines += 1;
    const result = this.#count(line);
    if (!this.#linesCounted.has(this.#lines)) return result;
    const base = this.#counted.get(this.file.digest);
    if (base?.lines === this.#lines) this.#begin(base);
    return result;
  }

  /** All lines so far. */
  get file(): OutcomeFile {
    return { lines: this.#lines, digest: this.#digest.copy().digest('hex').slice(0, 32) };
  }

  /** The longest counted file that this one begins with. */
  get base(): CountedFile | undefined {
    return this.#base;
  }

  /** Lines after the base, each with full weight, ordered by model and task. */
  get outcomes(): readonly TalliedOutcomes[] {
    const name = ({ model, task }: OutcomeSum): string => `${model}\n${task}`;
    const added = [...this.#sums.values()].filter(({ count }) => count > 0);
    return added.sort((left, right) => (name(left) < name(right) ? -1 : 1));
  }

  /** All lines so far were counted before. */
  #begin(base: CountedFile): void {
    this.#base = base;
    for (const sum of this.#sums.values()) {
      sum.before += sum.count;
      sum.count = 0;
      sum.scores = 0;
    }
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
    const sum = this.#sums.get(key) ?? { model, task, count: 0, scores: 0, before: 0 };
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
 * What outcomes count as: no more than the limit together with what is left of those that were
 * counted with the base. Each of these counted as the base's weight at most.
 *
 * @param weight judgements that one outcome counts as, above 0 and at most 1
 */
export function asJudgements(
  { outcomes, base }: Pick<OutcomeTally, 'outcomes' | 'base'>,
  weight: number,
): OutcomeSum[] {
  const most = limits.importedJudgementsMax;
  return outcomes.map(({ model, task, count: added, scores, before }) => {
    const standing = base === undefined ? 0 : base.share * Math.min(most, base.weight * before);
    const count = Math.min(most - standing, weight * added);
    return { model, task, count, scores: (count * scores) / added };
  });
}
