/** Weights as the configuration gives them, of models and of the parts of a score. */
import { z } from 'zod';

export const weight = z
  .number('expected a number from 0 to 1000')
  .min(0, 'expected a number from 0 to 1000')
  .max(1_000, 'expected a number from 0 to 1000');

/** What is not given keeps the weight that it has. */
export const scoreWeights = z.strictObject({
  cost: weight.optional().describe('Expected cost. None: 1.'),
  speed: weight.optional().describe('Expected time to the answer, waiting included. None: 1.'),
  quality: weight.optional().describe("Quality for the job's task. None: 1."),
  load: weight.optional().describe('Jobs that wait or run per possible call. None: 0.5.'),
});
