/** Clothes drafts as a chat completion, whole and as a stream of chunks. */
import type { Answer, AnswerContext, Frame } from '../answers/answer.ts';
import { distortUsage } from '../answers/distort-usage.ts';
import { type Draft, draftAnswer } from '../answers/draft-answer.ts';
import { draftUsage } from '../answers/draft-usage.ts';
import type { TrueUsage } from '../bill/price.ts';
import { splitIntoTokens } from '../text/count-tokens.ts';
import { createSeededRandom } from '../text/seeded-random.ts';
import type { ChatRequest } from './chat-request.ts';

/** Drafts all choices of a request. */
export function chatAnswer(request: ChatRequest, context: AnswerContext): Answer {
  const drafts = Array.from({ length: request.choices }, (_, choice) => {
    const random = createSeededRandom(context.seed, request.model, request.promptKey, choice);
    return draftAnswer(context, request, random);
  });
  const usage = draftUsage(request, context, drafts);
  const shell = {
    id: `chatcmpl-${context.callId}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    service_tier: 'default',
    system_fingerprint: 'fp_simulator',
  };
  const shown = distortUsage(usageBody(usage), context.distortion);
  return {
    usage,
    body: () => ({
      ...shell,
      object: 'chat.completion',
      choices: drafts.map((draft, index) => wholeChoice(draft, index, context.callId)),
      usage: shown,
    }),
    frames: () => chunks({ request, drafts, callId: context.callId, shell, shown }),
    lastFrame: () => 'data: [DONE]\n\n',
  };
}

function usageBody(usage: TrueUsage): object {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function wholeChoice(draft: Draft, index: number, callId: string): object {
  const message =
    draft.kind === 'tool_call'
      ? { content: null, refusal: null, tool_calls: [wholeToolCall(draft, index, callId)] }
      : {
          content: draft.kind === 'text' ? draft.text : null,
          refusal: draft.kind === 'refusal' ? draft.text : null,
        };
  return {
    index,
    message: { role: 'assistant', ...message, annotations: [] },
    logprobs: null,
    finish_reason: draft.finish,
  };
}

function wholeToolCall(draft: Draft, index: number, callId: string): object {
  return {
    id: `call_${callId}_${index}`,
    type: 'function',
    function: { name: draft.toolName, arguments: draft.text },
  };
}

interface ChunkSource {
  request: ChatRequest;
  drafts: readonly Draft[];
  callId: string;
  /** Fields every chunk repeats. */
  shell: object;
  /** The usage as it is to be shown. */
  shown: unknown;
}

function* chunks({ request, drafts, callId, shell, shown }: ChunkSource): Generator<Frame> {
  const usage = request.includeUsage ? { usage: null } : {};
  const write = (fields: object, tokens: number): Frame => {
    const value = { ...shell, object: 'chat.completion.chunk', ...usage, ...fields };
    return { text: `data: ${JSON.stringify(value)}\n\n`, tokens };
  };
  for (const [index, draft] of drafts.entries()) {
    const frame = (delta: object, tokens: number) => write(choices(index, delta, null), tokens);
    yield* choiceFrames(draft, `call_${callId}_${index}`, frame);
    yield write(choices(index, {}, draft.finish), 0);
  }
  if (request.includeUsage) yield write({ choices: [], usage: shown }, 0);
}

function* choiceFrames(
  draft: Draft,
  toolCallId: string,
  frame: (delta: object, tokens: number) => Frame,
): Generator<Frame> {
  const pieces = splitIntoTokens(draft.text);
  if (draft.kind === 'tool_call') {
    const called = { name: draft.toolName, arguments: '' };
    const opening = { index: 0, id: toolCallId, type: 'function', function: called };
    const nameTokens = draft.visibleTokens - pieces.length;
    const delta = { role: 'assistant', content: null, tool_calls: [opening] };
    yield frame(delta, draft.reasoningTokens + nameTokens);
    for (const piece of pieces) {
      yield frame({ tool_calls: [{ index: 0, function: { arguments: piece } }] }, 1);
    }
    return;
  }
  const field = draft.kind === 'refusal' ? 'refusal' : 'content';
  const content = draft.kind === 'refusal' ? null : '';
  yield frame({ role: 'assistant', content, refusal: null }, draft.reasoningTokens);
  for (const piece of pieces) yield frame({ [field]: piece }, 1);
}

function choices(index: number, delta: object, finish: string | null): object {
  return { choices: [{ index, delta, logprobs: null, finish_reason: finish }] };
}
