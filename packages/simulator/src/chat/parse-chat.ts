/** Reads a chat completions request, as strictly as the real service where it matters. */
import type { ModelCall, ParsedCall } from '../answers/answer.ts';
import { readContent } from '../answers/read-content.ts';
import { readFlag, readModel, readWhole, refuseField } from '../answers/read-fields.ts';
import { chooseTool, readTools } from '../answers/read-tools.ts';
import { badRequest } from '../http/openai-error.ts';
import { countJsonTokens, MESSAGE_OVERHEAD_TOKENS } from '../text/count-tokens.ts';
import { isRecord } from '../text/is-record.ts';
import { chatAnswer } from './chat-answer.ts';
import type { ChatRequest } from './chat-request.ts';

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];
const CHOICES_MAX = 128;

/** Reads the body; `bodyBytes` bounds the token count. */
export function parseChat(body: Record<string, unknown>, bodyBytes: number): ParsedCall {
  const model = readModel(body);
  if (model.kind === 'refused') return model;
  const stream = readFlag(body, 'stream');
  if (stream.kind === 'refused') return stream;
  const choices = readWhole(body, 'n', 1);
  if (choices.kind === 'refused') return choices;
  if ((choices.value ?? 1) > CHOICES_MAX) return refuseField('n', `at most ${CHOICES_MAX}`);
  const cap = readCap(body);
  if (cap.kind === 'refused') return cap;
  const messages = readMessages(body['messages']);
  if (messages.kind === 'refused') return messages;
  const options = body['stream_options'];
  if (isRecord(options) && !stream.value) {
    const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    return { kind: 'refused', refusal: badRequest(message, 'stream_options') };
  }
  const extras =
    countJsonTokens(body['tools'] ?? undefined) +
    countJsonTokens(body['response_format'] ?? undefined);
  const request: ChatRequest = {
    model: model.value,
    choices: choices.value ?? 1,
    tokensMax: cap.value,
    stop: readStops(body['stop']),
    ...readFormat(body['response_format']),
    tool: chooseTool(readTools(body['tools']), body['tool_choice'], messages.afterToolResult),
    includeUsage: isRecord(options) && options['include_usage'] === true,
    promptTokens: Math.min(messages.tokens + extras, bodyBytes),
    promptKey: JSON.stringify(body['messages']),
  };
  return { kind: 'ok', call: chatCall(request, stream.value, messages.text) };
}

function chatCall(request: ChatRequest, stream: boolean, promptText: string): ModelCall {
  const { tokensMax, choices } = request;
  return {
    kind: 'chat.completions',
    model: request.model,
    stream,
    promptText,
    promptKey: request.promptKey,
    promptTokens: request.promptTokens,
    outputTokensMax: tokensMax === null ? null : tokensMax * choices,
    promptField: 'messages',
    answer: (context) => chatAnswer(request, context),
  };
}

function readCap(body: Record<string, unknown>) {
  const older = readWhole(body, 'max_tokens', 1);
  if (older.kind === 'refused') return older;
  const newer = readWhole(body, 'max_completion_tokens', 1);
  if (newer.kind === 'refused' || older.value === null) return newer;
  if (newer.value === null) return older;
  const message =
    "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
  const refusal = badRequest(message, 'max_tokens', 'invalid_parameter_combination');
  return { kind: 'refused' as const, refusal };
}

type ReadMessages =
  | { kind: 'ok'; text: string; tokens: number; afterToolResult: boolean }
  | ReturnType<typeof refuseField>;

function readMessages(messages: unknown): ReadMessages {
  if (!Array.isArray(messages) || messages.length === 0) {
    return refuseField('messages', 'a list with at least one message');
  }
  const texts: string[] = [];
  let tokens = 0;
  let lastRole: unknown = null;
  for (const [index, message] of messages.entries()) {
    if (!isRecord(message)) return refuseField(`messages[${index}]`, 'an object');
    lastRole = message['role'];
    if (!ROLES.some((role) => role === lastRole)) {
      return refuseField(`messages[${index}].role`, `one of ${ROLES.join(', ')}`);
    }
    const content = readContent(message['content'] ?? null);
    if (content === null) {
      return refuseField(`messages[${index}].content`, 'text or a list of parts');
    }
    texts.push(content.text);
    tokens += MESSAGE_OVERHEAD_TOKENS + content.tokens;
    tokens += countJsonTokens(message['tool_calls'] ?? undefined);
  }
  return { kind: 'ok', text: texts.join('\n'), tokens, afterToolResult: lastRole === 'tool' };
}

function readStops(stop: unknown): string[] {
  const list: unknown[] = Array.isArray(stop) ? stop : [stop];
  return list.filter((item): item is string => typeof item === 'string' && item !== '');
}

function readFormat(format: unknown): { structured: boolean; schema: unknown } {
  if (!isRecord(format) || format['type'] === 'text') return { structured: false, schema: null };
  const described = format['json_schema'];
  return { structured: true, schema: isRecord(described) ? (described['schema'] ?? null) : null };
}
