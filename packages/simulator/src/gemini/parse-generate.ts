/** Reads a `generateContent` request, as strictly as the real service where it matters. */
import type { ParsedCall } from '../answers/answer.ts';
import type { ToolOffer } from '../answers/draft-answer.ts';
import { chooseTool } from '../answers/read-tools.ts';
import { badRequest } from '../http/openai-error.ts';
import { countJsonTokens, MESSAGE_OVERHEAD_TOKENS } from '../text/count-tokens.ts';
import { isRecord } from '../text/is-record.ts';
import { generateAnswer } from './generate-answer.ts';
import type { GenerateRequest } from './generate-request.ts';
import { readContents } from './read-contents.ts';

/** `model` and `stream` come from the path. */
const FIELDS = [
  'model',
  'stream',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'safetySettings',
];

const CONFIG_FIELDS = [
  'candidateCount',
  'stopSequences',
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'mediaResolution',
  'thinkingConfig',
];

const CANDIDATES_MAX = 8;
const STOPS_MAX = 5;

/** Reads the body; `bodyBytes` bounds the token count. */
export function parseGenerate(body: Record<string, unknown>, bodyBytes: number): ParsedCall {
  const config = isRecord(body['generationConfig']) ? body['generationConfig'] : {};
  const unknown = unknownField(body, FIELDS) ?? unknownField(config, CONFIG_FIELDS);
  if (unknown !== null) return refused(`Invalid JSON payload received. Unknown name "${unknown}"`);
  const { model, stream } = body;
  const contents = readContents(body['contents'], String(model));
  if (contents.kind === 'refused') return refused(contents.message);
  const wrong = wrongConfig(config);
  if (wrong !== null) return refused(wrong);
  const system = body['systemInstruction'];
  const systemTokens = isRecord(system) ? MESSAGE_OVERHEAD_TOKENS + countJsonTokens(system) : 0;
  const extras = countJsonTokens(body['tools']) + countJsonTokens(config['responseJsonSchema']);
  const request: GenerateRequest = {
    model: String(model),
    candidates: whole(config['candidateCount']) ?? 1,
    tokensMax: whole(config['maxOutputTokens']),
    stop: stopsOf(config),
    structured: config['responseMimeType'] === 'application/json',
    schema: config['responseJsonSchema'] ?? null,
    tool: chosenTool(body, contents.afterToolResult),
    showsThoughts: showsThoughts(config['thinkingConfig']),
    logprobs: config['responseLogprobs'] === true,
    promptTokens: Math.min(contents.tokens + systemTokens + extras, bodyBytes),
    promptKey: JSON.stringify([system, body['contents']]),
  };
  const { tokensMax, candidates } = request;
  return {
    kind: 'ok',
    call: {
      kind: 'generate_content',
      model: request.model,
      stream: stream === true,
      promptText: `${JSON.stringify(system ?? '')}\n${contents.text}`,
      promptKey: request.promptKey,
      promptTokens: request.promptTokens,
      outputTokensMax: tokensMax === null ? null : tokensMax * candidates,
      promptField: 'contents',
      blocksInAnswer: true,
      answer: (context) => generateAnswer(request, context),
    },
  };
}

function refused(message: string): ParsedCall {
  return { kind: 'refused', refusal: badRequest(message, null) };
}

function unknownField(record: Record<string, unknown>, known: string[]): string | null {
  return Object.keys(record).find((name) => !known.includes(name)) ?? null;
}

function wrongConfig(config: Record<string, unknown>): string | null {
  const { candidateCount, maxOutputTokens } = config;
  if (candidateCount !== undefined && (whole(candidateCount) ?? 99) > CANDIDATES_MAX) {
    return `The specified candidate count must be from 1 to ${CANDIDATES_MAX}.`;
  }
  if (maxOutputTokens !== undefined && whole(maxOutputTokens) === null) {
    return 'max_output_tokens must be positive.';
  }
  if (stopsOf(config).length > STOPS_MAX) return `At most ${STOPS_MAX} stop sequences are allowed.`;
  return null;
}

function whole(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : null;
}

function stopsOf(config: Record<string, unknown>): string[] {
  const list: unknown = config['stopSequences'];
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

function showsThoughts(thinking: unknown): boolean {
  return isRecord(thinking) && thinking['includeThoughts'] === true;
}

/** AUTO, ANY and NONE in the words that the drafts know. */
function chosenTool(body: Record<string, unknown>, afterToolResult: boolean): ToolOffer | null {
  const config = isRecord(body['toolConfig']) ? body['toolConfig']['functionCallingConfig'] : null;
  const mode = isRecord(config) ? config['mode'] : 'AUTO';
  const names: unknown = isRecord(config) ? config['allowedFunctionNames'] : null;
  const offers = declaredTools(body['tools']).filter(
    ({ name }) => !Array.isArray(names) || names.includes(name),
  );
  if (mode === 'NONE') return null;
  return chooseTool(offers, mode === 'ANY' ? 'required' : 'auto', afterToolResult);
}

function declaredTools(tools: unknown): ToolOffer[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown) => {
    const declared: unknown = isRecord(tool) ? tool['functionDeclarations'] : null;
    if (!Array.isArray(declared)) return [];
    return declared.flatMap((offer: unknown) => {
      const name = isRecord(offer) ? offer['name'] : null;
      if (!isRecord(offer) || typeof name !== 'string') return [];
      return [{ name, parameters: offer['parametersJsonSchema'] ?? offer['parameters'] ?? {} }];
    });
  });
}
