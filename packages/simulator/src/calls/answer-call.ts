/** The part of a call after it was understood: limits, hold, fault, answer. */
import type { AnswerContext, ModelCall } from '../answers/answer.ts';
import type { UsageDistortion } from '../answers/distort-usage.ts';
import { deliverAnswer } from '../delivery/deliver-answer.ts';
import { HTML_PAGE } from '../delivery/garbage.ts';
import { type Fault, wordParameter } from '../faults/fault.ts';
import { contextOverflow, faultRefusal, rateLimited } from '../faults/fault-refusal.ts';
import { retryAfterHeaders } from '../faults/retry-after.ts';
import { readSteering, type SteeredSettings } from '../faults/steering.ts';
import type { ApiForm } from '../http/api-form.ts';
import type { Exchange } from '../http/exchange.ts';
import { badRequest, type Refusal } from '../http/openai-error.ts';
import { drawFrom } from '../scenario/distribution.ts';
import type { ModelProfile } from '../scenario/scenario.ts';
import type { SimulatorState } from '../simulator-state.ts';
import { createSeededRandom, type SeededRandom } from '../text/seeded-random.ts';
import { sleep } from '../timing/wait.ts';
import type { CallRecord } from './call-record.ts';
import { type Lane, laneKey } from './lane.ts';
import { sendRefusal } from './send-refusal.ts';

/** A call that was understood. */
export interface UnderstoodCall {
  exchange: Exchange;
  record: CallRecord;
  form: ApiForm;
  lane: Lane;
  profile: ModelProfile;
  call: ModelCall;
}

/** Seconds a caller is asked to wait when all places are taken. */
const CAPACITY_RETRY_SECONDS = 1;

/** Admits the call, chooses its fault and answers. Rejects when the caller goes away. */
export async function answerCall(state: SimulatorState, understood: UnderstoodCall): Promise<void> {
  const { exchange, record, form, lane, profile, call } = understood;
  const refused = admit(state, understood);
  if (refused !== null) {
    const headers = limitHeaders(state, understood);
    await sendRefusal({ exchange, record, form }, refused, { headers });
    return;
  }
  await state.gate.pass(lane, exchange.signal);
  const steering = readSteering(call.promptText, lane, state.markers);
  if (steering.kind === 'invalid') {
    const refusedMarker = badRequest(steering.message, call.promptField);
    await sendRefusal({ exchange, record, form }, refusedMarker);
    return;
  }
  const random = callRandom(state, lane, call.promptKey);
  const { promptText } = call;
  const ruled = state.chooser.choose({ lane, promptText, random }, profile.faults);
  const fault = steering.fault ?? ruled;
  if (fault !== null) record.playFault(fault.kind);
  await play(state, understood, { fault, settings: steering.settings, random });
}

/** Draws that differ from call to call of one prompt, but not from run to run. */
function callRandom(state: SimulatorState, lane: Lane, promptKey: string): SeededRandom {
  const occurrence = state.prompts.count(
    createSeededRandom(laneKey(lane), promptKey)
      .integer(0, Number.MAX_SAFE_INTEGER - 1)
      .toString(),
  );
  return createSeededRandom(state.seed, laneKey(lane), promptKey, occurrence);
}

/** Takes a place in the lane, or says why there is none. */
function admit(state: SimulatorState, understood: UnderstoodCall): Refusal | null {
  const { record, lane, profile, call } = understood;
  const leave = state.load.enter(lane, profile.capacity);
  if (leave === null) {
    const headers = retryAfterHeaders(profile.retryAfter, CAPACITY_RETRY_SECONDS);
    return rateLimited(lane.model, 'capacity', headers);
  }
  record.occupy(leave);
  const needed = call.promptTokens + (call.outputTokensMax ?? 0);
  const limits = { requests: profile.rpm, tokens: profile.tpm, windowMs: profile.rateWindowMs };
  const decision = state.rates.admit(lane, limits, needed);
  if (decision.kind === 'limited') {
    const headers = retryAfterHeaders(profile.retryAfter, decision.waitMs / 1000);
    return rateLimited(lane.model, decision.by, headers);
  }
  if (profile.contextWindow !== null && needed > profile.contextWindow) {
    return contextOverflow(profile.contextWindow, needed);
  }
  return null;
}

function limitHeaders(state: SimulatorState, { form, lane, profile }: UnderstoodCall) {
  return form.rateHeaders(profile, state.rates.state(lane, profile.rateWindowMs));
}

interface Play {
  fault: Fault | null;
  settings: SteeredSettings;
  random: SeededRandom;
}

async function play(
  state: SimulatorState,
  understood: UnderstoodCall,
  { fault, settings, random }: Play,
): Promise<void> {
  const { exchange, record, form, profile, call } = understood;
  const drawnLatencyMs = drawFrom(profile.latencyMs, random);
  if (fault?.kind === 'connection_refuse') {
    record.settle('broken', 'nothing');
    exchange.closeSocket();
    return;
  }
  const context = answerContext(state, understood, { fault, settings });
  const answer = call.answer(context);
  record.expect(profile.price, answer.usage);
  const isBlocked = context.variant === 'blocked';
  const refused = fault === null || isBlocked ? null : faultRefusal(fault, call.model);
  if (fault !== null && refused !== null) {
    const slow = fault.kind === 'server_error' ? drawnLatencyMs : 0;
    await sleep(settings.latencyMs ?? slow, exchange.signal);
    await refuseByFault(state, understood, { fault, refused });
    return;
  }
  await deliverAnswer({
    exchange,
    record,
    call,
    answer,
    fault,
    latencyMs: settings.latencyMs ?? drawnLatencyMs,
    perTokenMs: settings.perTokenMs ?? profile.perTokenMs,
    headers: (type) => ({
      'content-type': type,
      ...form.answerHeaders(exchange, record.callId),
      ...limitHeaders(state, understood),
    }),
  });
}

async function refuseByFault(
  state: SimulatorState,
  understood: UnderstoodCall,
  { fault, refused }: { fault: Fault; refused: Refusal },
): Promise<void> {
  const server = fault.kind === 'server_error';
  const html = server && wordParameter(fault, 'body') === 'html' ? { html: HTML_PAGE } : {};
  const charge = server && wordParameter(fault, 'billed') === 'yes' ? 'whole' : 'nothing';
  const headers = limitHeaders(state, understood);
  await sendRefusal(understood, refused, { headers, charge, ...html });
}

function answerContext(
  state: SimulatorState,
  { record, profile, call }: UnderstoodCall,
  { fault, settings }: { fault: Fault | null; settings: SteeredSettings },
): AnswerContext {
  const { contextWindow } = profile;
  return {
    callId: record.callId,
    seed: state.seed,
    profile,
    settings,
    variant: variantOf(fault, call),
    distortion: distortionOf(fault),
    roomTokens: contextWindow === null ? null : contextWindow - call.promptTokens,
  };
}

function variantOf(fault: Fault | null, call: ModelCall): AnswerContext['variant'] {
  if (fault?.kind === 'refusal') return 'refusal';
  if (fault?.kind !== 'content_filter') return 'plain';
  const isPrompt = wordParameter(fault, 'at') !== 'answer';
  return isPrompt && call.blocksInAnswer === true ? 'blocked' : 'filtered';
}

function distortionOf(fault: Fault | null): UsageDistortion | null {
  if (fault?.kind !== 'wrong_usage') return null;
  const value = wordParameter(fault, 'value');
  const known = ['missing', 'zero', 'negative', 'huge', 'string'] as const;
  return known.find((name) => name === value) ?? null;
}
