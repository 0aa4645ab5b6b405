/** What a request asks for and how hard it looks: what quality figures are kept and read by. */
export const taskClasses = [
  'code',
  'maths',
  'extraction',
  'summary',
  'translation',
  'chat',
  'reasoning',
  'creative',
] as const;

export type TaskClass = (typeof taskClasses)[number];

export const complexities = ['simple', 'medium', 'hard'] as const;

export type Complexity = (typeof complexities)[number];

/** The guess at a request's task, with what it rests on. */
export interface TaskProfile {
  readonly class: TaskClass;
  readonly complexity: Complexity;
  /** 0..1: the share of the winning class, see docs/learning.md. */
  readonly confidence: number;
  /** Names of what decided it, strongest first; at most 8, never a word of the prompt. */
  readonly signals: readonly string[];
}
