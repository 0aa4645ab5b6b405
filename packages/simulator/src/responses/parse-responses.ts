/** Reads a responses request. Stored and background responses are refused, not ignored. */
import type { ParsedCall } from '../answers/answer.ts';
import { readContent } from '../answers/read-content.ts';
import { readFlag, readModel, readWhole, refuseField } from '../answers/read-fields.ts';
import { chooseTool, readTools } from '../answers/read-tools.ts';
import { badRequest } from '../http/openai-error.ts';
import { countJsonTokens, countTextTokens, MESSAGE_OVERHEAD_TOKENS } from '../text/count-tokens.ts';
import { isRecord } from '../text/is-record.ts';
import { responsesAnswer } from './responses-answer.ts';
import type { ResponsesRequest } from './responses-request.ts';

/** Reads the body; `bodyBytes` bounds the token count. */
export function parseResponses(body: Record<string, unknown>, bodyBytes: number): ParsedCall {
  const model = readModel(body);
  if (model.kind === 'refused') return model;
  const stream = readFlag(body, 'stream');
  if (stream.kind === 'refused') return stream;
  const cap = readWhole(body, 'max_output_tokens', 1);
  if (cap.kind === 'refused') return cap;
  if (body['background'] === true) {
    const message = 'The simulator answers in the foreground only.';
    return { kind: 'refused', refusal: badRequest(message, 'background') };
  }
  const input = readInput(body['input']);
  if (input === null) return refuseField('input', 'text or a list of input items');
  const instructions = typeof body['instructions'] === 'string' ? body['instructions'] : '';
  const extras = countJsonTokens(body['tools'] ?? undefined) + countJsonTokens(formatOf(body));
  const counted = input.tokens + countTextTokens(instructions) + extras;
  const request: ResponsesRequest = {
    model: model.value,
    tokensMax: cap.value,
    stop: [],
    ...readTextFormat(formatOf(body)),
    tool: chooseTool(readTools(body['tools']), body['tool_choice'], input.afterToolResult),
    promptTokens: Math.min(counted, bodyBytes),
    promptKey: JSON.stringify([instructions, body['input']]),
    echo: echoFields(body),
  };
  return {
    kind: 'ok',
    call: {
      kind: 'responses',
      model: request.model,
      stream: stream.value,
      promptText: `${instructions}\n${input.text}`,
      promptKey: request.promptKey,
      promptTokens: request.promptTokens,
      outputTokensMax: cap.value,
      promptField: 'input',
      answer: (context) => responsesAnswer(request, context),
    },
  };
}

interface ReadInput {
  text: string;
  tokens: number;
  afterToolResult: boolean;
}

function readInput(input: unknown): ReadInput | null {
  if (typeof input === 'string') {
    const tokens = MESSAGE_OVERHEAD_TOKENS + countTextTokens(input);
    return { text: input, tokens, afterToolResult: false };
  }
  if (!Array.isArray(input) || input.length === 0) return null;
  const list: unknown[] = input;
  const texts: string[] = [];
  let tokens = 0;
  let afterToolResult = false;
  for (const item of list) {
    if (!isRecord(item)) return null;
    afterToolResult = item['type'] === 'function_call_output';
    const content = 'content' in item ? readContent(item['content']) : null;
    if (content !== null) texts.push(content.text);
    tokens += MESSAGE_OVERHEAD_TOKENS + (content?.tokens ?? countJsonTokens(item));
  }
  return { text: texts.join('\n'), tokens, afterToolResult };
}

function formatOf(body: Record<string, unknown>): unknown {
  const text = body['text'];
  return isRecord(text) ? (text['format'] ?? undefined) : undefined;
}

function readTextFormat(format: unknown): { structured: boolean; schema: unknown } {
  if (!isRecord(format) || format['type'] === 'text') return { structured: false, schema: null };
  return { structured: true, schema: format['schema'] ?? null };
}

function echoFields(body: Record<string, unknown>): Record<string, unknown> {
  return {
    instructions: body['instructions'] ?? null,
    max_output_tokens: body['max_output_tokens'] ?? null,
    metadata: body['metadata'] ?? {},
    parallel_tool_calls: body['parallel_tool_calls'] ?? true,
    previous_response_id: null,
    reasoning: body['reasoning'] ?? { effort: null, summary: null },
    service_tier: 'default',
    store: body['store'] ?? true,
    temperature: body['temperature'] ?? 1,
    text: body['text'] ?? { format: { type: 'text' } },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_p: body['top_p'] ?? 1,
    truncation: body['truncation'] ?? 'disabled',
    user: body['user'] ?? null,
  };
}
