/**
 * Decides what a model says: text, structured JSON, tool calls or a refusal, and how it stops.
 *
 * Knows nothing of dialects: chat completions and responses both clothe the same draft.
 * The tokens of a draft, reasoning included, never exceed its cap.
 */
import { drawFrom } from '../scenario/distribution.ts';
import { CHARACTERS_PER_TOKEN, countTextTokens } from '../text/count-tokens.ts';
import { sampleJson } from '../text/sample-json.ts';
import type { SeededRandom } from '../text/seeded-random.ts';
import { writeText } from '../text/write-text.ts';
import type { AnswerContext } from './answer.ts';

/** A function the model may call. */
export interface ToolOffer {
  name: string;
  parameters: unknown;
}

/** What the request allows and asks for. */
export interface DraftRequest {
  /** Output cap of one choice. */
  tokensMax: number | null;
  /** The schema of a structured answer; null for plain text. */
  schema: unknown;
  structured: boolean;
  /** The tool to call now; null for an answer in words. */
  tool: ToolOffer | null;
  stop: readonly string[];
}

export type DraftFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** One choice of an answer. */
export interface Draft {
  kind: 'text' | 'refusal' | 'tool_call';
  /** Text, refusal, or the arguments of the tool call. */
  text: string;
  toolName: string;
  finish: DraftFinish;
  /** The text of the caller's that ended it; null when none did. */
  stopText: string | null;
  reasoningTokens: number;
  /** Tokens of `text` (for a tool call, its name included). */
  visibleTokens: number;
}

const REFUSAL = "I'm sorry, but I can't help with that request.";

/** What `json_object` gives, which asks for no shape. */
const PLAIN_JSON = { answer: 'as planned', confidence: 0.9 };

/** Drafts one choice. */
export function draftAnswer(
  context: AnswerContext,
  request: DraftRequest,
  random: SeededRandom,
): Draft {
  const { profile, settings } = context;
  const cap = request.tokensMax ?? context.roomTokens ?? Number.POSITIVE_INFINITY;
  const drawnReasoning = Math.round(drawFrom(profile.reasoningTokens, random));
  const drawnLength = Math.max(Math.round(drawFrom(profile.outputTokens, random)), 1);
  const reasoningTokens = Math.min(settings.reasoningTokens ?? drawnReasoning, cap);
  const room = cap - reasoningTokens;
  const wanted = settings.outputTokens ?? drawnLength;
  const draft = draftWhole(context, request, { random, wanted, room });
  const cut = cutToRoom(draft, room);
  return { ...cut, reasoningTokens };
}

type Unreasoned = Omit<Draft, 'reasoningTokens'>;

function draftWhole(
  context: AnswerContext,
  request: DraftRequest,
  length: { random: SeededRandom; wanted: number; room: number },
): Unreasoned {
  const { random, wanted, room } = length;
  if (context.variant === 'refusal') return words('refusal', REFUSAL, 'stop');
  if (context.variant === 'filtered') {
    const kept = Math.min(Math.ceil(wanted / 2), room);
    return words('text', writeText(random, kept, true), 'content_filter');
  }
  if (request.tool !== null) return toolCall(request.tool, random);
  if (request.structured) {
    const sample = request.schema === null ? PLAIN_JSON : sampleJson(request.schema, random);
    return words('text', JSON.stringify(sample), 'stop');
  }
  if (wanted > room) return words('text', writeText(random, room, true), 'length');
  return stopAt(writeText(random, wanted, false), request.stop);
}

function words(kind: 'text' | 'refusal', text: string, finish: DraftFinish): Unreasoned {
  const visibleTokens = countTextTokens(text);
  return { kind, text, toolName: '', finish, stopText: null, visibleTokens };
}

function toolCall(tool: ToolOffer, random: SeededRandom): Unreasoned {
  const text = JSON.stringify(sampleJson(tool.parameters, random) ?? {});
  const visibleTokens = countTextTokens(tool.name) + countTextTokens(text);
  const { name: toolName } = tool;
  const finish = 'tool_calls';
  return { kind: 'tool_call', text, toolName, finish, stopText: null, visibleTokens };
}

function stopAt(text: string, stops: readonly string[]): Unreasoned {
  const places = stops
    .map((stop) => ({ stop, place: text.indexOf(stop) }))
    .filter(({ place }) => place >= 0)
    .sort((one, other) => one.place - other.place);
  const [first] = places;
  const said = words('text', text.slice(0, first?.place ?? text.length), 'stop');
  return { ...said, stopText: first?.stop ?? null };
}

/** Structured text, refusals and tool arguments are cut like any other output. */
function cutToRoom(draft: Unreasoned, room: number): Unreasoned {
  if (draft.visibleTokens <= room) return draft;
  const nameTokens = draft.visibleTokens - countTextTokens(draft.text);
  const textTokens = Math.max(room - nameTokens, 0);
  return {
    ...draft,
    text: draft.text.slice(0, textTokens * CHARACTERS_PER_TOKEN),
    visibleTokens: Math.min(room, nameTokens + textTokens),
    finish: 'length',
  };
}
