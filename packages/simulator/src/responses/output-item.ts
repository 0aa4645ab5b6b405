/** The output item of a response: finished, and as the events that build it up. */
import type { Frame } from '../answers/answer.ts';
import type { Draft } from '../answers/draft-answer.ts';
import { splitIntoTokens } from '../text/count-tokens.ts';
import type { EventWriter } from './event-writer.ts';

/** The one output item of a response. */
export type OutputItem = MessageItem | FunctionCallItem;

interface MessageItem {
  type: 'message';
  id: string;
  status: string;
  role: 'assistant';
  content: ContentPart[];
}

interface FunctionCallItem {
  type: 'function_call';
  id: string;
  call_id: string;
  name: string;
  arguments: string;
  status: string;
}

type ContentPart =
  | { type: 'output_text'; text: string; annotations: []; logprobs: [] }
  | { type: 'refusal'; refusal: string };

/** The finished item of a draft. */
export function outputItem(draft: Draft, callId: string): OutputItem {
  const cut = draft.finish === 'length' || draft.finish === 'content_filter';
  const status = cut ? 'incomplete' : 'completed';
  if (draft.kind === 'tool_call') {
    return {
      type: 'function_call',
      id: `fc_${callId}`,
      call_id: `call_${callId}`,
      name: draft.toolName,
      arguments: draft.text,
      status,
    };
  }
  const content = [contentPart(draft, draft.text)];
  return { type: 'message', id: `msg_${callId}`, status, role: 'assistant', content };
}

/** The events of one item, from added to done. */
export function* streamItem(events: EventWriter, draft: Draft, item: OutputItem): Generator<Frame> {
  const nameTokens = draft.visibleTokens - splitIntoTokens(draft.text).length;
  const added = { type: 'response.output_item.added', output_index: 0, item: emptyItem(item) };
  yield events.write(added, nameTokens);
  if (item.type === 'message') yield* streamMessage(events, draft, item);
  else yield* streamArguments(events, draft, item);
  yield events.write({ type: 'response.output_item.done', output_index: 0, item }, 0);
}

function* streamMessage(events: EventWriter, draft: Draft, item: MessageItem): Generator<Frame> {
  const refused = draft.kind === 'refusal';
  const kind = refused ? 'response.refusal' : 'response.output_text';
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const logprobs = refused ? {} : { logprobs: [] };
  const empty = contentPart(draft, '');
  yield events.write({ type: 'response.content_part.added', ...place, part: empty }, 0);
  for (const delta of splitIntoTokens(draft.text)) {
    yield events.write({ type: `${kind}.delta`, ...place, delta, ...logprobs }, 1);
  }
  const whole = refused ? { refusal: draft.text } : { text: draft.text };
  yield events.write({ type: `${kind}.done`, ...place, ...whole, ...logprobs }, 0);
  const part = contentPart(draft, draft.text);
  yield events.write({ type: 'response.content_part.done', ...place, part }, 0);
}

function* streamArguments(
  events: EventWriter,
  draft: Draft,
  item: FunctionCallItem,
): Generator<Frame> {
  const place = { item_id: item.id, output_index: 0 };
  const kind = 'response.function_call_arguments';
  for (const delta of splitIntoTokens(draft.text)) {
    yield events.write({ type: `${kind}.delta`, ...place, delta }, 1);
  }
  const whole = { name: item.name, arguments: item.arguments };
  yield events.write({ type: `${kind}.done`, ...place, ...whole }, 0);
}

function contentPart(draft: Draft, text: string): ContentPart {
  return draft.kind === 'refusal'
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', text, annotations: [], logprobs: [] };
}

function emptyItem(item: OutputItem): OutputItem {
  return item.type === 'message'
    ? { ...item, status: 'in_progress', content: [] }
    : { ...item, status: 'in_progress', arguments: '' };
}
