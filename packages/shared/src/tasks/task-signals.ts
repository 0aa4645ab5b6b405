/**
 * Every signal that the classification of tasks reads, and what it speaks for. A signal is a
 * number from 0 (absent) to 1 (strong); a class scores the sum of its signals times weights.
 * The configuration (`tasks.weights`) may override each weight.
 *
 * Tuned on one half of `labelled-prompts.jsonl` and measured on the other.
 */
import type { TaskClass } from '../domain/task-class.ts';

export const taskSignals = [
  'code_fence',
  'code_words',
  'code_names',
  'code_signs',
  'maths_words',
  'maths_signs',
  'numbers',
  'how_many',
  'extraction_words',
  'format_words',
  'schema_asked',
  'pasted_text',
  'summary_words',
  'translation_words',
  'language_names',
  'reasoning_words',
  'compare_words',
  'answer_options',
  'creative_words',
  'writing_words',
  'small_talk',
  'plain_question',
  'advice_words',
  'long_text',
  'short_text',
  'constraint_words',
  'step_words',
  'hard_words',
  'proof_words',
  'easy_words',
  'always',
] as const;

export type TaskSignal = (typeof taskSignals)[number];

/** Where each signal stands in {@link taskSignals}. */
// A cast: `fromEntries` forgets which keys it was given.
export const signalPlaces = Object.fromEntries(
  taskSignals.map((signal, place) => [signal, place]),
) as Readonly<Record<TaskSignal, number>>;

/** What a signal can speak for: a class, or how hard the task is (negative: easy). */
export type SignalTarget = TaskClass | 'hard';

export type SignalWeights = Readonly<
  Partial<Record<TaskSignal, Readonly<Partial<Record<SignalTarget, number>>>>>
>;

export const defaultSignalWeights: SignalWeights = {
  code_fence: { code: 3, hard: 0.6 },
  code_words: { code: 3.2 },
  code_names: { code: 2.4, hard: 0.2 },
  code_signs: { code: 1.6, hard: 0.4 },
  maths_words: { maths: 2.4, hard: 0.3 },
  maths_signs: { maths: 2.4, hard: 0.5 },
  numbers: { maths: 0.9, hard: 0.2 },
  how_many: { maths: 1.4 },
  extraction_words: { extraction: 3 },
  format_words: { extraction: 1.4, hard: 0.5 },
  schema_asked: { extraction: 1.2, hard: 0.3 },
  pasted_text: { extraction: 0.5, summary: 0.6, translation: 0.2 },
  summary_words: { summary: 3.8 },
  translation_words: { translation: 4 },
  language_names: { translation: 1.2 },
  reasoning_words: { reasoning: 2, hard: 0.5 },
  compare_words: { reasoning: 2.4, hard: 0.6 },
  answer_options: { reasoning: 2.2, hard: 0.6 },
  creative_words: { creative: 2.8, hard: 0.25 },
  writing_words: { creative: 1, code: 0.3, summary: 0.3 },
  small_talk: { chat: 2.2, hard: -0.6 },
  plain_question: { chat: 0.8, hard: -0.2 },
  advice_words: { chat: 1.2, hard: 0.5 },
  long_text: { summary: 0.3, extraction: 0.2, hard: 1.6 },
  short_text: { chat: 0.3, hard: -0.6 },
  constraint_words: { hard: 1.3 },
  step_words: { hard: 0.7, reasoning: 0.5 },
  hard_words: { hard: 1.6 },
  proof_words: { maths: 2, hard: 1.8 },
  easy_words: { hard: -0.6 },
  always: { chat: 1, reasoning: 0.3, hard: 0 },
};
