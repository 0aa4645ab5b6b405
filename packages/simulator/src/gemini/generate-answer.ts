/** Clothes drafts as an answer of `generateContent`, whole and as a stream of pieces of it. */
import type { Answer, AnswerContext, Frame } from '../answers/answer.ts';
import { distortUsage } from '../answers/distort-usage.ts';
import { type Draft, draftAnswer } from '../answers/draft-answer.ts';
import { draftUsage } from '../answers/draft-usage.ts';
import type { TrueUsage } from '../bill/price.ts';
import { splitIntoTokens } from '../text/count-tokens.ts';
import { createSeededRandom } from '../text/seeded-random.ts';
import type { GenerateRequest } from './generate-request.ts';

const FINISH_REASONS = {
  stop: 'STOP',
  tool_calls: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
} as const;

/** Drafts all candidates of a request. */
export function generateAnswer(request: GenerateRequest, context: AnswerContext): Answer {
  const count = context.variant === 'blocked' ? 0 : request.candidates;
  const drafts = Array.from({ length: count }, (_, index) => {
    const random = createSeededRandom(context.seed, request.model, request.promptKey, index);
    return draftAnswer(context, request, random);
  });
  const usage = draftUsage(request, context, drafts);
  const shown = distortUsage(usageMetadata(usage), context.distortion);
  const shell = { modelVersion: request.model, responseId: context.callId };
  const last = shown === undefined ? shell : { usageMetadata: shown, ...shell };
  if (drafts.length === 0) {
    const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, ...last };
    return { usage, body: () => blocked, frames: () => [], lastFrame: () => frame(blocked) };
  }
  const pieces = drafts.map((draft, index) => candidatePieces(request, context, { draft, index }));
  return {
    usage,
    body: () => ({ candidates: pieces.map(wholeCandidate), ...last }),
    frames: () => frames(pieces, shell),
    lastFrame: () => frame({ candidates: [endOf(pieces.at(-1))], ...last }),
  };
}

/** Thoughts are told beside the answer. Counts of zero are left out, as the real service does. */
function usageMetadata(usage: TrueUsage): object {
  const counts = {
    promptTokenCount: usage.promptTokens,
    cachedContentTokenCount: usage.cachedTokens,
    candidatesTokenCount: usage.completionTokens - usage.reasoningTokens,
    thoughtsTokenCount: usage.reasoningTokens,
    totalTokenCount: usage.promptTokens + usage.completionTokens,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

interface Piece {
  part: object;
  tokens: number;
}

interface Candidate {
  index: number;
  pieces: Piece[];
  finishReason: string;
  logprobs: boolean;
}

function candidatePieces(
  request: GenerateRequest,
  context: AnswerContext,
  { draft, index }: { draft: Draft; index: number },
): Candidate {
  const thought = { text: 'Weighing what was asked.', thought: true };
  const thinks = draft.reasoningTokens > 0;
  const hidden = { part: { text: '' }, tokens: draft.reasoningTokens };
  const shown = { part: thought, tokens: draft.reasoningTokens };
  const thoughts = thinks ? [request.showsThoughts ? shown : hidden] : [];
  const finishReason = FINISH_REASONS[draft.finish];
  const own = draft.kind === 'tool_call' ? callPieces(draft, context, index) : textPieces(draft);
  return { index, pieces: [...thoughts, ...own], finishReason, logprobs: request.logprobs };
}

function textPieces(draft: Draft): Piece[] {
  return splitIntoTokens(draft.text).map((text) => ({ part: { text }, tokens: 1 }));
}

/** A call that the cap cut in half is none. */
function callPieces(draft: Draft, context: AnswerContext, index: number): Piece[] {
  const tokens = draft.visibleTokens;
  if (draft.finish === 'length') return [{ part: { text: '' }, tokens }];
  const args: unknown = JSON.parse(draft.text);
  const functionCall = { name: draft.toolName, args };
  const signature = Buffer.from(`signature of ${context.callId} ${index}`).toString('base64');
  return [{ part: { functionCall, thoughtSignature: signature }, tokens }];
}

/** Pieces of text that follow each other are one part when they come whole. */
function wholeCandidate({ pieces, index, finishReason, logprobs }: Candidate): object {
  const texts = pieces.flatMap(({ part }) =>
    'text' in part && !('thought' in part) ? [part] : [],
  );
  const text = texts.map((part) => String(part.text)).join('');
  const others = pieces.map(({ part }) => part).filter((part) => !texts.some((t) => t === part));
  const parts = text === '' && others.length > 0 ? others : [...others, { text }];
  const tokens = texts.map((part) => String(part.text)).filter((piece) => piece !== '');
  return {
    content: { role: 'model', parts },
    finishReason,
    index,
    ...(logprobs ? { logprobsResult: chances(tokens) } : {}),
  };
}

function endOf(candidate: Candidate | undefined): object {
  const { index, finishReason } = candidate ?? { index: 0, finishReason: 'STOP' };
  return { content: { role: 'model', parts: [{ text: '' }] }, finishReason, index };
}

function* frames(candidates: readonly Candidate[], shell: object): Generator<Frame> {
  for (const candidate of candidates) {
    const { index, pieces, logprobs } = candidate;
    for (const { part, tokens } of pieces) {
      const content = { role: 'model', parts: [part] };
      const text = 'text' in part ? String(part.text) : '';
      const isCounted = logprobs && text !== '' && !('thought' in part);
      const extra = isCounted ? { logprobsResult: chances([text]) } : {};
      const piece = { candidates: [{ content, index, ...extra }], ...shell };
      yield { text: frame(piece), tokens };
    }
    if (candidate !== candidates.at(-1)) {
      yield { text: frame({ candidates: [endOf(candidate)], ...shell }), tokens: 0 };
    }
  }
}

function chances(tokens: readonly string[]): object {
  const chosenCandidates = tokens.map((token) => ({ token, tokenId: 1, logProbability: -0.25 }));
  return {
    chosenCandidates,
    topCandidates: chosenCandidates.map((token) => ({ candidates: [token] })),
  };
}

/** Events of this service end with carriage returns. */
function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\r\n\r\n`;
}
