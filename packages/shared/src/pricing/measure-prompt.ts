/**
 * Measures the input of a request: a bound that no byte-level tokenizer can exceed, and a guess.
 *
 * The bound rests on one fact and three rules.
 *  1. Every token of a byte-level tokenizer covers at least one UTF-8 byte of what the model reads.
 *  2. Texts that the model reads as they are count their bytes. Everything else in the body
 *     (tools, schemas, tool calls and results, unknown fields) counts as the most wasteful JSON
 *     rendering, because chat templates print such values in their own way.
 *  3. What templates add by themselves is covered by {@link overheadTokens}; so is a usual role.
 *     Any other counts like an unknown field, because a template may print it.
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

/** Chat names the form of an answer in the first, Responses in the second. */
const formatFields: ReadonlySet<string> = new Set(['response_format', 'text']);

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

/** Templates write what these say as it is. A text or an item of its own comes without a role. */
const plainRoles: ReadonlySet<unknown> = new Set([
  undefined,
  'system',
  'developer',
  'user',
  'assistant',
]);

/** Templates may encode what these say as JSON, as they may for a role that is not known here. */
const toolRoles: ReadonlySet<unknown> = new Set(['tool', 'function']);

const inlineImagePattern = /^data:image\/[a-z0-9.+-]{1,64};base64,/i;

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
  const format = name === 'text' && isJsonObject(value) ? value['format'] : value;
  if (formatFields.has(name) && isSchema(format)) addOverhead(tally, 'schema');
  const isToolList = name === 'tools' || name === 'functions';
  if (isToolList && Array.isArray(value) && value.length > 0) tally.usesTools = true;
}

function isSchema(format: Json | undefined): boolean {
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
  const { content, output, role, ...others } = message;
  const isPlain = plainRoles.has(role);
  addOverhead(tally, 'message');
  if (role !== undefined && !isPlain && !toolRoles.has(role)) tally.addRendered({ role }, path);
  addContent(tally, { content, path: `${path}.content`, mode: isPlain ? 'raw' : 'rendered' });
  addContent(tally, { content: output, path: `${path}.output`, mode: 'rendered' });
  for (const [name, value] of Object.entries(others)) {
    if (value === undefined) continue;
    tally.addRendered({ [name]: value }, path);
    // SDKs send null for what nobody set.
    if (value === null) continue;
    if (name === 'audio')
      tally.refuse(`${path}.audio`, `\`${path}.audio\` stands for stored audio`);
    if (name === 'tool_calls' || name === 'function_call') tally.usesTools = true;
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
  if (isJsonObject(image)) {
    const { url: _data, ...settings } = image;
    tally.addRendered(settings, `${path}.image_url`);
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
