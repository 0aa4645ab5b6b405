/** The part of the configuration about what is learned from outcomes. */
import { z } from 'zod';

export const learningSettings = z.strictObject({
  artefact: z
    .string('expected the name of a file')
    .min(1, 'expected the name of a file')
    .optional()
    .describe(
      'A predictor that `forebay calibrate` wrote, seen from the folder of this file. It is read ' +
        'again with every reload; while it cannot be read, the one before holds.',
    ),
});
