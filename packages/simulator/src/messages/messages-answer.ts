/** Clothes drafts as a message, whole and as a stream of events. */
import type { Answer, AnswerContext, Frame } from '../answers/answer.ts';
import { distortUsage } from '../answers/distort-usage.ts';
import { type Draft, draftAnswer } from '../answers/draft-answer.ts';
import type { TrueUsage } from '../bill/price.ts';
import { countTextTokens, splitIntoTokens } from '../text/count-tokens.ts';
import { createSeededRandom } from '../text/seeded-random.ts';
import type { MessagesRequest } from './messages-request.ts';

const STOP_REASONS = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
} as const;

/** One block, whole and as it grows. */
interface Block {
  whole: object;
  begun: object;
  pieces: { delta: object; tokens: number }[];
  /** Tokens of what the beginning already tells. */
  tokens: number;
}

/** Drafts the one answer of a request. */
export function messagesAnswer(request: MessagesRequest, context: AnswerContext): Answer {
  const random = createSeededRandom(context.seed, request.model, request.promptKey, 0);
  const draft = draftAnswer(context, request, random);
  const usage: TrueUsage = {
    promptTokens: request.promptTokens,
    cachedTokens: Math.floor(request.promptTokens * context.profile.cachedShare),
    completionTokens: draft.reasoningTokens + draft.visibleTokens,
    reasoningTokens: draft.reasoningTokens,
  };
  const blocks = blocksOf(request, draft, context.callId);
  const shell = {
    id: `msg_${context.callId}`,
    type: 'message',
    role: 'assistant',
    model: request.model,
  };
  const stop = stopOf(draft);
  const shown = distortUsage(usageBody(usage), context.distortion);
  return {
    usage,
    body: () => ({ ...shell, content: blocks.map(({ whole }) => whole), ...stop, usage: shown }),
    frames: () => frames({ shell, blocks, stop, shown, draft }),
    lastFrame: () => frame('message_stop', {}),
    errorFrame: () =>
      frame('error', { error: { type: 'api_error', message: 'Internal server error' } }),
  };
}

/** Input is told in three parts; what was thought is told within the output. */
function usageBody(usage: TrueUsage): object {
  return {
    input_tokens: usage.promptTokens - usage.cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedTokens,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage.completionTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
    service_tier: 'standard',
  };
}

function stopOf({ kind, finish, stopText }: Draft): object {
  if (kind === 'refusal' || finish === 'content_filter') {
    const details = { type: 'refusal', category: null, explanation: null };
    return { stop_reason: 'refusal', stop_sequence: null, stop_details: details };
  }
  const reason = stopText === null ? STOP_REASONS[finish] : 'stop_sequence';
  return { stop_reason: reason, stop_sequence: stopText, stop_details: null };
}

function blocksOf(request: MessagesRequest, draft: Draft, callId: string): Block[] {
  const blocks: Block[] = [];
  const { reasoningTokens: tokens } = draft;
  if (request.showsThinking && tokens > 0) blocks.push(thinkingBlock(tokens));
  // A call that the cap cut in half is none.
  if (draft.kind === 'tool_call') {
    if (draft.finish !== 'length') blocks.push(toolBlock(draft, callId));
  } else if (draft.kind === 'text') blocks.push(textBlock(draft));
  return blocks;
}

function textBlock({ text }: Draft): Block {
  const begun = { type: 'text', text: '', citations: null };
  const pieces = splitIntoTokens(text).map((piece) => ({
    delta: { type: 'text_delta', text: piece },
    tokens: 1,
  }));
  return { whole: { ...begun, text }, begun, pieces, tokens: 0 };
}

function thinkingBlock(tokens: number): Block {
  const begun = { type: 'thinking', thinking: '', signature: '' };
  const thinking = 'Weighing what was asked.';
  const signature = 'sim-signature';
  return {
    whole: { ...begun, thinking, signature },
    begun,
    pieces: [
      { delta: { type: 'thinking_delta', thinking }, tokens },
      { delta: { type: 'signature_delta', signature }, tokens: 0 },
    ],
    tokens: 0,
  };
}

function toolBlock({ text, toolName }: Draft, callId: string): Block {
  const begun = { type: 'tool_use', id: `toolu_${callId}`, name: toolName, input: {} };
  const pieces = ['', ...splitIntoTokens(text)].map((partial_json) => ({
    delta: { type: 'input_json_delta', partial_json },
    tokens: partial_json === '' ? 0 : 1,
  }));
  const input: unknown = JSON.parse(text);
  return { whole: { ...begun, input }, begun, pieces, tokens: countTextTokens(toolName) };
}

interface Parts {
  shell: object;
  blocks: Block[];
  stop: object;
  shown: unknown;
  draft: Draft;
}

function* frames({ shell, blocks, stop, shown, draft }: Parts): Generator<Frame> {
  const unsaid = { content: [], stop_reason: null, stop_sequence: null, stop_details: null };
  const begun = shown === undefined ? {} : { usage: { ...Object(shown), output_tokens: 1 } };
  const message = { ...shell, ...unsaid, ...begun };
  yield { text: frame('message_start', { message }), tokens: 0 };
  const told = blocks.flatMap(({ tokens, pieces }) => [tokens, ...pieces.map((p) => p.tokens)]);
  const hidden =
    draft.reasoningTokens + draft.visibleTokens - told.reduce((sum, each) => sum + each, 0);
  yield { text: frame('ping', {}), tokens: Math.max(hidden, 0) };
  for (const [index, block] of blocks.entries()) {
    const start = { index, content_block: block.begun };
    yield { text: frame('content_block_start', start), tokens: block.tokens };
    for (const { delta, tokens } of block.pieces) {
      yield { text: frame('content_block_delta', { index, delta }), tokens };
    }
    yield { text: frame('content_block_stop', { index }), tokens: 0 };
  }
  const usage = shown === undefined ? {} : { usage: shown };
  yield { text: frame('message_delta', { delta: stop, ...usage }), tokens: 0 };
}

function frame(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
