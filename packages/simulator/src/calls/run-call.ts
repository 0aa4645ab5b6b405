/**
 * One model call from its arrival to its line in the book.
 *
 * 1. Exactly one line is written for each call, however it ends.
 * 2. The line is written, and the place in the lane is free, before the caller has the last byte.
 * 3. Checks come in the order of the real service: connection, key, body, model, limits, size.
 */
import { randomBytes } from 'node:crypto';
import type { ModelCall, ParsedCall } from '../answers/answer.ts';
import type { CallKind } from '../bill/call-line.ts';
import { parseChat } from '../chat/parse-chat.ts';
import { parseEmbeddings } from '../embeddings/parse-embeddings.ts';
import { modelNotFound, unauthorized } from '../faults/fault-refusal.ts';
import { parseGenerate } from '../gemini/parse-generate.ts';
import type { ApiForm } from '../http/api-form.ts';
import type { Exchange } from '../http/exchange.ts';
import { badRequest, type Refusal, refusal } from '../http/openai-error.ts';
import { readBody } from '../http/read-body.ts';
import { parseMessages } from '../messages/parse-messages.ts';
import { parseResponses } from '../responses/parse-responses.ts';
import { acceptedKeys, resolveProfile } from '../scenario/resolve-profile.ts';
import type { SimulatorState } from '../simulator-state.ts';
import { isRecord } from '../text/is-record.ts';
import { answerCall } from './answer-call.ts';
import { CallRecord } from './call-record.ts';
import { sendRefusal } from './send-refusal.ts';

const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** Where a request went. */
export interface CallTarget {
  deployment: string;
  kind: CallKind;
  form: ApiForm;
  /** What the path says, in APIs that have it there and not in the body. */
  path?: { model: string; stream: boolean };
}

type Parser = (body: Record<string, unknown>, bodyBytes: number) => ParsedCall;

const PARSERS: Record<CallKind, Parser> = {
  'chat.completions': parseChat,
  embeddings: parseEmbeddings,
  responses: parseResponses,
  messages: parseMessages,
  generate_content: parseGenerate,
};

/** Answers one model call. Resolves also when the caller has left. */
export async function runCall(
  state: SimulatorState,
  exchange: Exchange,
  target: CallTarget,
): Promise<void> {
  const callId = `sim${randomBytes(12).toString('hex')}`;
  const { deployment, kind } = target;
  const record = new CallRecord(state.book, exchange, { callId, deployment, kind });
  try {
    await proceed(state, { exchange, record, target });
  } catch (error) {
    const { socket } = exchange.request;
    // A caller who left is an ordinary end: what was generated for it is charged.
    if (exchange.signal.aborted || socket.destroyed) {
      record.settle('client_gone', 'generated');
      return;
    }
    record.settle('broken', 'generated');
    throw error;
  }
}

interface Call {
  exchange: Exchange;
  record: CallRecord;
  target: CallTarget;
}

async function proceed(state: SimulatorState, call: Call): Promise<void> {
  const { exchange, record, target } = call;
  const { form } = target;
  if (state.scenario.deployments.get(target.deployment)?.refuseConnections === true) {
    record.playFault('connection_refuse');
    record.settle('broken', 'nothing');
    exchange.closeSocket();
    return;
  }
  const understood = await understand(state, call);
  if (understood.kind === 'refused') {
    await sendRefusal({ exchange, record, form }, understood.refusal);
    return;
  }
  const lane = { deployment: target.deployment, model: understood.call.model };
  record.describe(understood.call);
  const profile = resolveProfile(state.scenario, lane.deployment, lane.model);
  if (profile === null) {
    await sendRefusal({ exchange, record, form }, modelNotFound(lane.model));
    return;
  }
  await answerCall(state, { exchange, record, form, lane, profile, call: understood.call });
}

type Understood = { kind: 'ok'; call: ModelCall } | { kind: 'refused'; refusal: Refusal };

async function understand(state: SimulatorState, call: Call): Promise<Understood> {
  const { exchange, record, target } = call;
  const read = await readBody(exchange.request, BODY_BYTES_MAX);
  const bytes = read.kind === 'read' ? read.body : Buffer.alloc(0);
  logRequest(state, call, bytes.toString());
  const keys = acceptedKeys(state.scenario, target.deployment);
  if (keys !== null && !keys.includes(target.form.keyOf(exchange))) {
    return { kind: 'refused', refusal: unauthorized() };
  }
  if (read.kind === 'too_large') {
    return { kind: 'refused', refusal: refusal(413, { message: 'Request body too large.' }) };
  }
  const sent = parseJson(bytes);
  if (sent === null) {
    const message = 'We could not parse the JSON body of your request.';
    return { kind: 'refused', refusal: badRequest(message, null) };
  }
  const body = { ...sent, ...target.path };
  const model = body['model'];
  if (typeof model === 'string') record.describe({ model, stream: body['stream'] === true });
  return PARSERS[target.kind](body, bytes.length);
}

function parseJson(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isRecord(value) ? value : null;
  } catch {
    // The caller's mistake, answered with a 400.
    return null;
  }
}

function logRequest(state: SimulatorState, { exchange, record }: Call, body: string): void {
  const { request } = exchange;
  const headers = Object.keys(request.headers).map((name) => [name, exchange.header(name) ?? '']);
  state.requests.add({
    call_id: record.callId,
    method: request.method ?? '',
    path: request.url ?? '',
    headers: Object.fromEntries(headers),
    body,
  });
}
