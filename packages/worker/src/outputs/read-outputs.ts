/** The parts of a complete answer that a form can be demanded of, one for each choice. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import type { JobKind } from '@forebay/shared/domain/model-catalog';

export interface ToolCall {
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly argumentsText: string;
}

export interface Output {
  readonly text: string;
  /** The model said that it will not answer. */
  readonly isRefused: boolean;
  /** It asks for tools instead of answering, or before it does. */
  readonly calls: readonly ToolCall[];
  /** It ended at the output cap. */
  readonly isCut: boolean;
}

/** @param body an answer in the OpenAI form of its kind, checked by its adapter. */
export function readOutputs(kind: JobKind, body: JsonObject): readonly Output[] {
  if (kind === 'chat.completions') return objectsOf(body['choices']).map(readChoice);
  return kind === 'responses' ? [readResponse(body)] : [];
}

function readChoice(choice: JsonObject): Output {
  const { message, finish_reason: reason } = choice;
  const { content, refusal, tool_calls: calls } = isJsonObject(message) ? message : {};
  return {
    text: typeof content === 'string' ? content : textOf(objectsOf(content)),
    isRefused: isFilled(refusal) || objectsOf(content).some(isRefusal),
    calls: objectsOf(calls).map((call) => readCall(call['function'])),
    isCut: reason === 'length',
  };
}

function readResponse(body: JsonObject): Output {
  const items = objectsOf(body['output']);
  const parts = items
    .filter(({ type }) => type === 'message')
    .flatMap(({ content }) => objectsOf(content));
  return {
    text: textOf(parts),
    isRefused: parts.some(isRefusal),
    calls: items
      .filter(({ type }) => typeof type === 'string' && type.endsWith('_call'))
      .map(readCall),
    isCut: body['status'] === 'incomplete',
  };
}

function readCall(call: Json | undefined): ToolCall {
  const { name, arguments: text } = isJsonObject(call) ? call : {};
  return {
    name: typeof name === 'string' ? name : '',
    argumentsText: typeof text === 'string' ? text : '',
  };
}

function textOf(parts: readonly JsonObject[]): string {
  return parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}

function isRefusal({ type, refusal }: JsonObject): boolean {
  return type === 'refusal' && isFilled(refusal);
}

function isFilled(value: Json | undefined): boolean {
  return typeof value === 'string' && value !== '';
}

function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
