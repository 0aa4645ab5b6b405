/**
 * Measures the input of a request: a bound that no byte-level tokenizer can exceed, and a guess.
 *
 * The bound rests on one fact and three rules.
 *  1. Every token of a byte-level tokenizer covers at least one UTF-8 byte of what the model reads.
 *  2. Texts that the model reads as they are count their bytes. Everything else in the body
 *     (tools, schemas, tool calls and results, unknown fields) counts as the most wasteful JSON
 *     rendering, because chat templates print such values in their own way.
 *  3. What templates add by themselves is covered by {@link overheadTokens}.
 *  4. Inline images are counted, not measured: their tokens are bounded by the model's
 *     `image_tokens_max`, which comes on top. Token arrays count as their length.
 *
 * Anything that the provider would have to fetch is reported as unbounded.
 */
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { JobKind } from '../domain/model-catalog.ts';
import { PromptTally, type TextMode } from './prompt-tally.ts';

/** Tokens that templates add at most, as far as published ones show, with room to spare. */
const overheadTokens = {
  /** The preamble that some templates put before every conversation. */
  request: 128,
  /** Role markers and separators. */
  message: 16,
  /** The instructions on how to call tools. */
  tools: 512,
  /** The instructions on how to keep to a schema, where a service puts them into words. */
  schema: 512,
  /** Start and end markers of one embeddings input. */
  embeddingInput: 8,
} as const;

/** The usual size of the same things, for the estimate. */
const usualOverheadTokens = {
  request: 3,
  message: 4,
  tools: 60,
  schema: 20,
  embeddingInput: 0,
} as const;

/** Fields besides the messages that a model usually reads; others bear on the bound alone. */
const readFields: ReadonlySet<string> = new Set([
  'tools',
  'functions',
  'response_format',
  'text',
  'instructions',
]);

const textPartTypes: ReadonlySet<unknown> = new Set([
  'text',
  'input_text',
  'output_text',
  'refusal',
]);

const imagePartTypes: ReadonlySet<unknown> = new Set(['image_url', 'input_image']);

const toolItemTypes: ReadonlySet<unknown> = new Set([
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
]);

const toolRoles: ReadonlySet<unknown> = new Set(['tool', 'function']);

const inlineImagePattern = /^data:image\/[a-z0-9.+-]+;base64,/i;

/** Measures a request whose shape has been checked. */
export function measurePrompt(kind: JobKind, body: JsonObject): PromptTally {
  const tally = new PromptTally();
  const { [promptField(kind)]: prompt, ...others } = body;
  if (kind === 'embeddings') {
    addEmbeddingInputs(tally, prompt);
  } else {
    addOverhead(tally, 'request');
    if (typeof prompt === 'string') addMessage(tally, { content: prompt }, 'input');
    else addMessages(tally, prompt, promptField(kind));
  }
  for (const [name, value] of Object.entries(others)) addField(tally, name, value);
  if (tally.usesTools) addOverhead(tally, 'tools');
  return tally;
}

function promptField(kind: JobKind): string {
  return kind === 'chat.completions' ? 'messages' : 'input';
}

function addField(tally: PromptTally, name: string, value: Json | undefined): void {
  if (value === undefined) return;
  const estimateBefore = tally.estimate;
  if (name === 'instructions' && typeof value === 'string') tally.addText(value, 'raw');
  else tally.addRendered(value, name);
  if (!readFields.has(name)) tally.estimate = estimateBefore;
  if (name === 'response_format' && isSchema(value)) addOverhead(tally, 'schema');
  const isToolList = name === 'tools' || name === 'functions';
  if (isToolList && Array.isArray(value) && value.length > 0) tally.usesTools = true;
}

function isSchema(format: Json): boolean {
  return isJsonObject(format) && format['type'] === 'json_schema';
}

function addMessages(tally: PromptTally, messages: Json | undefined, field: string): void {
  if (!Array.isArray(messages)) return;
  for (const [index, message] of messages.entries()) {
    if (isJsonObject(message)) addItem(tally, message, `${field}[${index}]`);
  }
}

/** A message, or one of the other items that the Responses API takes. */
function addItem(tally: PromptTally, item: JsonObject, path: string): void {
  const type = item['type'];
  if (toolItemTypes.has(type)) tally.usesTools = true;
  else if (type !== undefined && type !== 'message') {
    const what = `\`${path}\` of type ${JSON.stringify(type)}`;
    tally.refuse(`${path}.type`, `${what} stands for stored or hosted content; send its text`);
  }
  addMessage(tally, item, path);
}

function addMessage(tally: PromptTally, message: JsonObject, path: string): void {
  const { content, output, ...others } = message;
  const isToolResult = toolRoles.has(message['role']);
  addOverhead(tally, 'message');
  addContent(tally, { content, path: `${path}.content`, mode: isToolResult ? 'rendered' : 'raw' });
  addContent(tally, { content: output, path: `${path}.output`, mode: 'rendered' });
  for (const [name, value] of Object.entries(others)) {
    if (value === null || value === undefined || name === 'role') continue;
    if (name === 'audio')
      tally.refuse(`${path}.audio`, `\`${path}.audio\` stands for stored audio`);
    if (name === 'tool_calls' || name === 'function_call') tally.usesTools = true;
    tally.addRendered({ [name]: value }, path);
  }
}

interface Content {
  readonly content: Json | undefined;
  readonly path: string;
  readonly mode: TextMode;
}

function addContent(tally: PromptTally, { content, path, mode }: Content): void {
  if (typeof content === 'string') tally.addText(content, mode);
  else if (Array.isArray(content)) {
    for (const [index, part] of content.entries()) {
      addPart(tally, { content: part, path: `${path}[${index}]`, mode });
    }
  } else if (content !== null && content !== undefined) tally.addRendered(content, path);
}

function addPart(tally: PromptTally, { content: part, path, mode }: Content): void {
  if (!isJsonObject(part)) tally.addRendered(part, path);
  else if (imagePartTypes.has(part['type'])) addImage(tally, part, path);
  else addTextPart(tally, part, { path, mode });
}

function addTextPart(
  tally: PromptTally,
  part: JsonObject,
  { path, mode }: Omit<Content, 'content'>,
): void {
  const { text, ...others } = part;
  if (!textPartTypes.has(part['type'])) {
    const what = `\`${path}\` of type ${JSON.stringify(part['type'] ?? null)}`;
    tally.refuse(`${path}.type`, `${what} has a cost of its own; send text or inline images`);
  }
  if (typeof text === 'string') tally.addText(text, mode);
  else tally.addRendered(text, path);
  tally.addRendered(others, path);
}

function addImage(tally: PromptTally, part: JsonObject, path: string): void {
  tally.imageCount += 1;
  const { image_url: image, ...others } = part;
  const url = isJsonObject(image) ? image['url'] : image;
  if (typeof url !== 'string' || !inlineImagePattern.test(url)) {
    const remedy = 'send the image inline as `data:image/…;base64,…`';
    tally.refuse(`${path}.image_url`, `\`${path}\` is an image that must be fetched; ${remedy}`);
  }
  tally.addRendered(others, path);
}

function addEmbeddingInputs(tally: PromptTally, input: Json | undefined): void {
  const isOneInput = !Array.isArray(input) || input.every((item) => typeof item === 'number');
  for (const item of isOneInput ? [input] : input) addEmbeddingInput(tally, item);
}

function addEmbeddingInput(tally: PromptTally, input: Json | undefined): void {
  addOverhead(tally, 'embeddingInput');
  if (typeof input === 'string') tally.addText(input, 'raw');
  else if (Array.isArray(input)) tally.addOverhead(input.length, input.length);
}

function addOverhead(tally: PromptTally, what: keyof typeof overheadTokens): void {
  tally.addOverhead(overheadTokens[what], usualOverheadTokens[what]);
}
