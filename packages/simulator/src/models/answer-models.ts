import { randomBytes } from 'node:crypto';
import { modelNotFound, unauthorized } from '../faults/fault-refusal.ts';
import type { Exchange } from '../http/exchange.ts';
import { type Refusal, refusalBody } from '../http/openai-error.ts';
import { openAiForm } from '../http/openai-form.ts';
import { acceptedKeys, knownModels, resolveProfile } from '../scenario/resolve-profile.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** All simulated models were made on the same day. */
const CREATED_AT_SECONDS = 1_700_000_000;

/** Answers `GET /v1/models` (model null) and `GET /v1/models/{id}`. */
export async function answerModels(
  scenario: Scenario,
  exchange: Exchange,
  asked: { deployment: string; model: string | null },
): Promise<void> {
  const { deployment, model } = asked;
  const keys = acceptedKeys(scenario, deployment);
  if (keys !== null && !keys.includes(openAiForm.keyOf(exchange)))
    return refuse(exchange, unauthorized());
  if (model === null) {
    const data = knownModels(scenario, deployment).map(modelObject);
    return send(exchange, { object: 'list', data });
  }
  const known = resolveProfile(scenario, deployment, model) !== null;
  return known ? send(exchange, modelObject(model)) : refuse(exchange, modelNotFound(model));
}

function modelObject(id: string) {
  return { id, object: 'model', created: CREATED_AT_SECONDS, owned_by: 'simulator' };
}

function send(exchange: Exchange, body: object): Promise<void> {
  return exchange.send({ status: 200, headers: headersOf(exchange), body: JSON.stringify(body) });
}

function refuse(exchange: Exchange, refused: Refusal): Promise<void> {
  const { status } = refused;
  return exchange.send({ status, headers: headersOf(exchange), body: refusalBody(refused) });
}

function headersOf(exchange: Exchange): Record<string, string> {
  const own = openAiForm.answerHeaders(exchange, randomBytes(12).toString('hex'));
  return { 'content-type': 'application/json', ...own };
}
