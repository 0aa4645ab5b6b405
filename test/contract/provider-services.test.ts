// The services that docs/providers.md configures get exactly the path, the query, the headers and
// the fields that they want. Each sample is loaded as it stands, but for its address.

import { readFileSync } from 'node:fs';
import { loadConfig } from '@forebay/shared/config/load-config';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { JobKind, Model } from '@forebay/shared/domain/model-catalog';
import type { ProviderClient } from '@forebay/shared/ports/provider-client';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createProviderClient } from '@forebay/worker/providers/provider-client';
import {
  answer,
  type ScriptedServer,
  startScriptedServer,
} from '@forebay/worker/providers/testing/scripted-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';

const page = readFileSync(`${repositoryRoot}/docs/providers.md`, 'utf8');
const bodies: Readonly<Record<JobKind, JsonObject>> = {
  'chat.completions': { model: 'any', messages: [{ role: 'user', content: 'Hi' }], user: 'u' },
  embeddings: { model: 'any', input: 'Hi' },
  responses: { model: 'any', input: 'Hi' },
};

let server: ScriptedServer;
let client: ProviderClient;

beforeAll(async () => {
  server = await startScriptedServer(answer({ body: {} }));
  client = createProviderClient({ clock: systemClock, resolveKey: (name) => `value-of-${name}` });
});

afterAll(async () => {
  await client.close();
  await server.close();
});

/** The sample under a heading, with its address moved to the scripted server. */
function modelUnder(heading: string): Model {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const [, yaml = ''] = /^```yaml\n([\s\S]*?)^```/m.exec(section) ?? [];
  const origin = new URL(server.baseUrl).origin;
  const text = yaml.replace(/base_url: https?:\/\/[^/\s]+/, `base_url: ${origin}`);
  const loaded = loadConfig({ path: 'docs/providers.md', text, env: () => undefined });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  const [model] = loaded.config.catalog.models.values();
  if (model === undefined) throw new Error(`no model under ${heading}`);
  return model;
}

async function requestOf(heading: string, kind: JobKind) {
  const model = modelUnder(heading);
  const [deployment] = model.deployments;
  if (deployment === undefined) throw new Error(`no deployment under ${heading}`);
  await client.call({
    kind,
    deployment,
    body: bodies[kind],
    outputCapTokens: 64,
    attemptId: 'job_x.1',
    timers: model.timers,
    signal: new AbortController().signal,
  });
  const request = server.requests.at(-1);
  return { path: request?.path, headers: request?.headers, body: JSON.parse(request?.body ?? '') };
}

const streamed = { stream: true, stream_options: { include_usage: true } };
const chat = { messages: bodies['chat.completions']['messages'], user: 'u' };

test('Gemini: the path of the model, the key in its own header, the cap in the body', async () => {
  const { path, headers, body } = await requestOf('Gemini', 'chat.completions');
  expect(path).toBe('/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse');
  expect(headers).toMatchObject({ 'x-goog-api-key': 'value-of-GEMINI_API_KEY' });
  expect(headers).not.toHaveProperty('authorization');
  expect(body).toEqual({
    contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
    generationConfig: { maxOutputTokens: 64 },
  });
});

test.each<[JobKind, string]>([
  ['chat.completions', 'chat/completions'],
  ['embeddings', 'embeddings'],
])('Azure: %s at the path of the deployment, with version and key', async (kind, name) => {
  const { path, headers, body } = await requestOf('Azure OpenAI', kind);
  expect(path).toBe(`/openai/deployments/our-gpt-4o-mini/${name}?api-version=2024-10-21`);
  expect(headers).toMatchObject({ 'api-key': 'value-of-AZURE_OPENAI_API_KEY' });
  expect(headers).not.toHaveProperty('authorization');
  const model = 'our-gpt-4o-mini';
  expect(body).toEqual(
    kind === 'embeddings'
      ? { model, input: 'Hi' }
      : { ...chat, ...streamed, model, max_completion_tokens: 64 },
  );
});

test.each([
  ['vLLM', '/v1', 'meta-llama/Llama-3.1-8B-Instruct', 'Bearer value-of-VLLM_API_KEY'],
  ['Ollama', '/v1', 'llama3.2:3b', undefined],
  ['OpenRouter', '/api/v1', 'anthropic/claude-sonnet-4.5', 'Bearer value-of-OPENROUTER_API_KEY'],
])('%s: the plain path, its name of the model, and the cap that it obeys', async (...service) => {
  const [heading, base, model, authorization] = service;
  const { path, headers, body } = await requestOf(heading, 'chat.completions');
  expect(path).toBe(`${base}/chat/completions`);
  expect(headers?.['authorization']).toBe(authorization);
  expect(body).toMatchObject({ ...chat, ...streamed, model, max_tokens: 64 });
  expect(body).not.toHaveProperty('max_completion_tokens');
});

test('OpenRouter hears who calls, and which provider it may take', async () => {
  const { headers, body } = await requestOf('OpenRouter', 'chat.completions');
  expect(headers).toMatchObject({ 'http-referer': 'https://example.com', 'x-title': 'Example' });
  expect(body).toMatchObject({ provider: { order: ['anthropic'], allow_fallbacks: false } });
});
