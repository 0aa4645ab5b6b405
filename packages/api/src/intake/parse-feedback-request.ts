/** Reads what somebody says of a job's answer: strict, every problem at once. */
import type { Json } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import { z } from 'zod';
import { objectError } from './request-fields-schema.ts';
import { throwRequestProblems } from './request-problems.ts';

export interface FeedbackRequest {
  readonly score: number;
  readonly comment: string | undefined;
  /** `undefined` for the user whom the job names. */
  readonly user: string | undefined;
}

const scoreExpected = 'expected a number from 0 (useless) to 1 (perfect)';
const { judgementCommentCharactersMax: commentMax, userCharactersMax: userMax } = limits;

const feedbackShape = {
  score: z.number(scoreExpected).min(0, scoreExpected).max(1, scoreExpected),
  comment: z
    .string('expected a text')
    .max(commentMax, `expected at most ${commentMax} characters`)
    .optional(),
  user: z
    .string('expected a text')
    .min(1, 'expected a text that is not empty')
    .max(userMax, `expected at most ${userMax} characters`)
    .optional(),
};

const feedbackSchema = z.strictObject(
  feedbackShape,
  objectError('expected an object with "score", such as {"score": 0.8}'),
);

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseFeedbackRequest(body: Json): FeedbackRequest {
  const parsed = feedbackSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(feedbackShape));
  const { score, comment, user } = parsed.data;
  return { score, comment, user };
}
