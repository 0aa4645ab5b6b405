/** The part of the configuration that corrects the classification of tasks. */
import { z } from 'zod';
import { taskClasses } from '../domain/task-class.ts';
import { taskSignals } from '../tasks/task-signals.ts';

const targets = [...taskClasses, 'hard'] as const;
const weightExpected = 'expected a number from -20 to 20';

const weights = z.partialRecord(
  z.enum(targets, `expected one of ${targets.join(', ')}`),
  z.number(weightExpected).min(-20, weightExpected).max(20, weightExpected),
);

export const taskSettings = z.strictObject({
  weights: z
    .partialRecord(z.enum(taskSignals, `expected one of ${taskSignals.join(', ')}`), weights)
    .default({})
    .describe(
      'What each signal of a prompt speaks for, such as `{code_words: {code: 4, hard: 0.5}}`: ' +
        'a class, or `hard` for how hard it is. Weights that are not given keep their defaults.',
    ),
});
