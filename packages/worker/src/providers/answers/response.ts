/**
 * The least that an answer must have to count as one, for each kind. Everything else passes
 * through unseen: a field that a provider adds or bends must not cost a paid answer.
 */
import type { JobKind } from '@forebay/shared/domain/model-catalog';
import { z } from 'zod';

const chatAnswer = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({
          content: z.union([z.string(), z.array(z.unknown())]).nullish(),
          refusal: z.string().nullish(),
          tool_calls: z.array(z.looseObject({})).nullish(),
        }),
        finish_reason: z.string(),
      }),
    )
    .min(1),
});

// Numbers are not looked at one by one: an answer can hold millions of them.
const embeddingsAnswer = z.looseObject({
  data: z
    .array(
      z.looseObject({
        embedding: z.custom<string | unknown[]>(
          (value) => (typeof value === 'string' || Array.isArray(value)) && value.length > 0,
        ),
      }),
    )
    .min(1),
});

const responsesAnswer = z.looseObject({
  status: z.string(),
  output: z.array(z.looseObject({ type: z.string() })),
  incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish(),
});

/** What the adapter itself needs to know of an answer. */
export interface AnswerFacts {
  /** The provider stopped the answer for its content. */
  readonly isFiltered: boolean;
  /** The provider ended it as failed, or (`responses`) did not end it. */
  readonly isUnusable: boolean;
  /** Whether there is output that costs at least one token. */
  readonly hasOutput: boolean;
}

/** Checks a complete answer; `undefined` when it is none of its kind. */
export function readAnswer(kind: JobKind, body: unknown): AnswerFacts | undefined {
  if (kind === 'chat.completions') return readChat(body);
  if (kind === 'responses') return readResponses(body);
  const parsed = embeddingsAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  return { isFiltered: false, isUnusable: false, hasOutput: false };
}

function readChat(body: unknown): AnswerFacts | undefined {
  const parsed = chatAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  const { choices } = parsed.data;
  return {
    isFiltered: choices.some((choice) => choice.finish_reason === 'content_filter'),
    // Some routers put a failure of the provider behind them into the finish reason.
    isUnusable: choices.some((choice) => choice.finish_reason === 'error'),
    hasOutput: choices.some(({ message }) =>
      [message.content, message.refusal, message.tool_calls].some(
        (part) => (part?.length ?? 0) > 0,
      ),
    ),
  };
}

function readResponses(body: unknown): AnswerFacts | undefined {
  const parsed = responsesAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  const { status, output, incomplete_details: incomplete } = parsed.data;
  return {
    isFiltered: status === 'incomplete' && incomplete?.reason === 'content_filter',
    isUnusable: status !== 'completed' && status !== 'incomplete',
    hasOutput: output.length > 0,
  };
}
