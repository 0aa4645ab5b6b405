/** Reads a request of the Messages API, as strictly as the real service where it matters. */
import type { ModelCall, ParsedCall } from '../answers/answer.ts';
import type { ToolOffer } from '../answers/draft-answer.ts';
import { chooseTool } from '../answers/read-tools.ts';
import { badRequest } from '../http/openai-error.ts';
import { countJsonTokens, MESSAGE_OVERHEAD_TOKENS } from '../text/count-tokens.ts';
import { isRecord } from '../text/is-record.ts';
import { messagesAnswer } from './messages-answer.ts';
import type { MessagesRequest } from './messages-request.ts';
import { blockTokens, contentBlocks, readTurns, textOf } from './read-turns.ts';

const FIELDS = [
  ...['model', 'messages', 'max_tokens', 'system', 'stream', 'stop_sequences', 'tools'],
  ...['tool_choice', 'temperature', 'top_p', 'top_k', 'thinking', 'output_config', 'metadata'],
  ...['service_tier', 'anthropic_version'],
];

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
const BUDGET_TOKENS_MIN = 1_024;
const THINKING_TOP_P_MIN = 0.95;

/** What the service puts before a conversation with tools, and bills. */
const TOOL_PROMPT_TOKENS = 346;

/** Reads the body; `bodyBytes` bounds the token count. */
export function parseMessages(body: Record<string, unknown>, bodyBytes: number): ParsedCall {
  const wrong = wrongField(body);
  if (wrong !== null) return refused(wrong);
  const turns = readTurns(body['messages']);
  if (turns.kind === 'refused') return refused(turns.message);
  const system = contentBlocks(body['system'] ?? '') ?? [];
  const tools = toolsOf(body['tools']);
  const format = formatOf(body);
  const counted =
    turns.tokens +
    (body['system'] === undefined ? 0 : MESSAGE_OVERHEAD_TOKENS) +
    system.reduce((sum, block) => sum + blockTokens(block), 0) +
    countJsonTokens(body['tools']) +
    countJsonTokens(format ?? undefined);
  const request: MessagesRequest = {
    model: String(body['model']),
    tokensMax: Number(body['max_tokens']),
    stop: stopsOf(body),
    structured: format !== null,
    schema: format?.['schema'] ?? null,
    tool: chooseTool(tools, choiceOf(body['tool_choice']), turns.afterToolResult),
    showsThinking: thinkingTypeOf(body) !== 'disabled',
    promptTokens: Math.min(counted, bodyBytes) + (tools.length > 0 ? TOOL_PROMPT_TOKENS : 0),
    promptKey: JSON.stringify([body['system'], body['messages']]),
  };
  const text = [...system.map(textOf), turns.text].join('\n');
  return { kind: 'ok', call: callOf(request, body['stream'] === true, text) };
}

function callOf(request: MessagesRequest, stream: boolean, promptText: string): ModelCall {
  return {
    kind: 'messages',
    model: request.model,
    stream,
    promptText,
    promptKey: request.promptKey,
    promptTokens: request.promptTokens,
    outputTokensMax: request.tokensMax,
    promptField: 'messages',
    answer: (context) => messagesAnswer(request, context),
  };
}

function refused(message: string): ParsedCall {
  return { kind: 'refused', refusal: badRequest(message, null) };
}

function wrongField(body: Record<string, unknown>): string | null {
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  if (typeof body['model'] !== 'string') return 'model: Field required';
  if (!isWhole(body['max_tokens'])) return 'max_tokens: Field required';
  if (contentBlocks(body['system'] ?? '') === null) return 'system: not valid';
  const { temperature, stream } = body;
  if (temperature !== undefined && !(Number(temperature) >= 0 && Number(temperature) <= 1)) {
    return 'temperature: range: 0..1';
  }
  if (stream !== undefined && typeof stream !== 'boolean') return 'stream: not a boolean';
  if (stopsOf(body).some((stop) => stop.trim() === '')) {
    return 'stop_sequences: each stop sequence must contain non-whitespace';
  }
  return wrongTools(body['tools']) ?? wrongThinking(body) ?? wrongOutput(body['output_config']);
}

function wrongTools(tools: unknown): string | null {
  if (tools === undefined) return null;
  if (!Array.isArray(tools)) return 'tools: not a list';
  const wrong = tools.findIndex(
    (tool) =>
      !isRecord(tool) || typeof tool['name'] !== 'string' || !isRecord(tool['input_schema']),
  );
  return wrong < 0 ? null : `tools.${wrong}: name and input_schema are required`;
}

function thinkingTypeOf(body: Record<string, unknown>): unknown {
  return isRecord(body['thinking']) ? body['thinking']['type'] : 'disabled';
}

function wrongThinking(body: Record<string, unknown>): string | null {
  const { thinking, tool_choice: choice } = body;
  const type = thinkingTypeOf(body);
  if (type === 'disabled') return null;
  if (type !== 'adaptive' && type !== 'enabled') return 'thinking.type: not valid';
  const isForced = isRecord(choice) && (choice['type'] === 'any' || choice['type'] === 'tool');
  if (isForced) return 'Thinking may not be enabled when tool_choice forces tool use.';
  const steered = steeredThinking(body);
  if (steered !== null) return steered;
  const budget = isRecord(thinking) ? thinking['budget_tokens'] : undefined;
  if (type === 'adaptive') return null;
  if (!isWhole(budget) || budget < BUDGET_TOKENS_MIN) {
    return `thinking.enabled.budget_tokens: at least ${BUDGET_TOKENS_MIN}`;
  }
  return budget < Number(body['max_tokens'])
    ? null
    : '`max_tokens` must be greater than `thinking.budget_tokens`';
}

/** Sampling has to be left to a model that thinks. */
function steeredThinking({ temperature, top_p, top_k }: Record<string, unknown>): string | null {
  if (temperature !== undefined && temperature !== 1) {
    return '`temperature` may only be set to 1 when thinking is enabled.';
  }
  if (top_k !== undefined) return '`top_k` must be unset when thinking is enabled.';
  return top_p === undefined || Number(top_p) >= THINKING_TOP_P_MIN
    ? null
    : '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.';
}

function wrongOutput(config: unknown): string | null {
  if (config === undefined) return null;
  if (!isRecord(config)) return 'output_config: not valid';
  const { effort, format } = config;
  if (effort !== undefined && !EFFORTS.some((name) => name === effort)) {
    return 'output_config.effort: not valid';
  }
  if (format === undefined) return null;
  const isSchema = isRecord(format) && format['type'] === 'json_schema';
  if (!isSchema || !isRecord(format['schema'])) return 'output_config.format: not valid';
  return isClosed(format['schema'])
    ? null
    : "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly " +
        'set to false';
}

/** Whether every object of a schema is closed, which the grammar of the service needs. */
function isClosed(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true;
  if (Array.isArray(schema)) return schema.every(isClosed);
  const isOpen =
    isRecord(schema) && schema['type'] === 'object' && schema['additionalProperties'] !== false;
  return !isOpen && Object.values(schema).every(isClosed);
}

function formatOf(body: Record<string, unknown>): Record<string, unknown> | null {
  const config = body['output_config'];
  const format = isRecord(config) ? config['format'] : null;
  return isRecord(format) ? format : null;
}

function toolsOf(tools: unknown): ToolOffer[] {
  if (!Array.isArray(tools)) return [];
  return tools
    .filter(isRecord)
    .map((tool) => ({ name: String(tool['name']), parameters: tool['input_schema'] }));
}

/** The choice in the words that the drafts know. */
function choiceOf(choice: unknown): unknown {
  if (!isRecord(choice)) return 'auto';
  if (choice['type'] === 'any') return 'required';
  return choice['type'] === 'tool' ? { name: choice['name'] } : choice['type'];
}

function stopsOf(body: Record<string, unknown>): string[] {
  const list: unknown = body['stop_sequences'];
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}
