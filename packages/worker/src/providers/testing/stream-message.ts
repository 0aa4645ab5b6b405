/**
 * A whole message of the Messages API as the events of its stream, written from the description of
 * the API and not from the code that reads it.
 */
import type { JsonObject } from '@forebay/shared/domain/json';

/** The events of a stream, each with its name and its data. */
export function eventsOfMessage(message: JsonObject, pieceLength = 3): readonly JsonObject[] {
  const { content, stop_reason, stop_sequence, stop_details, usage, ...rest } = message;
  const blocks = Array.isArray(content) ? content : [];
  return [
    {
      type: 'message_start',
      message: {
        ...{ ...rest, content: [], stop_reason: null, stop_sequence: null },
        usage: { ...asObject(usage), output_tokens: 1 },
      },
    },
    { type: 'ping' },
    ...blocks.flatMap((block, index) => eventsOfBlock(asObject(block), index, pieceLength)),
    {
      type: 'message_delta',
      delta: {
        stop_reason,
        stop_sequence,
        ...(stop_details === undefined ? {} : { stop_details }),
      },
      usage: { ...asObject(usage), input_tokens: null },
    },
    { type: 'message_stop' },
  ];
}

/** The text of a stream of these events. */
export function streamText(events: readonly JsonObject[]): string {
  return events
    .map((event) => `event: ${textOf(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('');
}

function eventsOfBlock(block: JsonObject, index: number, length: number): readonly JsonObject[] {
  const delta = (type: string, name: string, text: string): readonly JsonObject[] =>
    piecesOf(text, length).map((piece) => ({
      ...{ type: 'content_block_delta', index },
      delta: { type, [name]: piece },
    }));
  const start = (begun: JsonObject): JsonObject => ({
    ...{ type: 'content_block_start', index },
    content_block: begun,
  });
  const stop = { type: 'content_block_stop', index };
  const kind = textOf(block['type']);
  switch (kind) {
    case 'text':
      return [
        start({ ...block, text: '' }),
        ...delta('text_delta', 'text', textOf(block['text'])),
        stop,
      ];
    case 'thinking':
      return [
        start({ ...block, thinking: '', signature: '' }),
        ...delta('thinking_delta', 'thinking', textOf(block['thinking'])),
        ...delta('signature_delta', 'signature', textOf(block['signature'])),
        stop,
      ];
    case 'tool_use': {
      const input = JSON.stringify(block['input']);
      return [
        start({ ...block, input: {} }),
        ...delta('input_json_delta', 'partial_json', ''),
        ...delta('input_json_delta', 'partial_json', input === '{}' ? '' : input),
        stop,
      ];
    }
    default:
      return [start(block), stop];
  }
}

function piecesOf(text: string, length: number): readonly string[] {
  if (text === '') return [''];
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += length) pieces.push(text.slice(at, at + length));
  return pieces;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
