/** Clothes a draft as a response object, whole and as a stream of typed events. */
import type { Answer, AnswerContext, Frame } from '../answers/answer.ts';
import { distortUsage } from '../answers/distort-usage.ts';
import { type Draft, draftAnswer } from '../answers/draft-answer.ts';
import type { TrueUsage } from '../bill/price.ts';
import { createSeededRandom } from '../text/seeded-random.ts';
import { EventWriter } from './event-writer.ts';
import { type OutputItem, outputItem, streamItem } from './output-item.ts';
import type { ResponsesRequest } from './responses-request.ts';

/** Drafts the one output item of a response. */
export function responsesAnswer(request: ResponsesRequest, context: AnswerContext): Answer {
  const random = createSeededRandom(context.seed, request.model, request.promptKey, 0);
  const draft = draftAnswer(context, request, random);
  const item = outputItem(draft, context.callId);
  const usage: TrueUsage = {
    promptTokens: request.promptTokens,
    cachedTokens: Math.floor(request.promptTokens * context.profile.cachedShare),
    completionTokens: draft.reasoningTokens + draft.visibleTokens,
    reasoningTokens: draft.reasoningTokens,
  };
  const begun = begunResponse(request, context.callId);
  const ended = () => endedResponse(begun, { draft, item, usage }, context);
  const events = new EventWriter();
  return {
    usage,
    body: ended,
    frames: () => responseFrames(events, begun, { draft, item }),
    lastFrame: () => {
      const response = ended();
      return events.write({ type: `response.${response.status}`, response }, 0).text;
    },
  };
}

function begunResponse(request: ResponsesRequest, callId: string) {
  return {
    id: `resp_${callId}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    model: request.model,
    output: [],
    usage: null,
    ...request.echo,
  };
}

function endedResponse(
  begun: ReturnType<typeof begunResponse>,
  answer: { draft: Draft; item: OutputItem; usage: TrueUsage },
  context: AnswerContext,
) {
  const reason = incompleteReason(answer.draft);
  const { promptTokens, completionTokens } = answer.usage;
  const usage = {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: answer.usage.cachedTokens, cache_write_tokens: 0 },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: answer.usage.reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  };
  return {
    ...begun,
    status: reason === null ? 'completed' : 'incomplete',
    completed_at: reason === null ? Math.floor(Date.now() / 1000) : null,
    incomplete_details: reason === null ? null : { reason },
    output: [answer.item],
    usage: distortUsage(usage, context.distortion),
  };
}

function incompleteReason(draft: Draft): string | null {
  if (draft.finish === 'length') return 'max_output_tokens';
  return draft.finish === 'content_filter' ? 'content_filter' : null;
}

function* responseFrames(
  events: EventWriter,
  response: object,
  answer: { draft: Draft; item: OutputItem },
): Generator<Frame> {
  yield events.write({ type: 'response.created', response }, 0);
  const reasoningTokens = answer.draft.reasoningTokens;
  yield events.write({ type: 'response.in_progress', response }, reasoningTokens);
  yield* streamItem(events, answer.draft, answer.item);
}
