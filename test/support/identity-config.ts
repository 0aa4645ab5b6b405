/**
 * Three models, each at two deployments of its own price, and a provider that spoils about one
 * call in four, each in a way that follows from its prompt.
 */

interface Place {
  readonly model: string;
  readonly deployment: string;
  /** Dollars for a million tokens. */
  readonly input: string;
  readonly cached: string;
  readonly output: string;
}

const places: readonly Place[] = [
  { model: 'alpha', deployment: 'east', input: '1', cached: '0.5', output: '4' },
  { model: 'alpha', deployment: 'west', input: '1.3', cached: '0.13', output: '5.07' },
  { model: 'beta', deployment: 'east', input: '0.15', cached: '0.075', output: '0.601' },
  { model: 'beta', deployment: 'west', input: '0.2', cached: '0.2', output: '0.8' },
  { model: 'gamma', deployment: 'east', input: '3', cached: '0.3', output: '15' },
  { model: 'gamma', deployment: 'west', input: '2.999', cached: '1', output: '12.5' },
];

const deployments = ['east', 'west'];

const fallbacks = { alpha: '[beta, gamma]', beta: '[gamma]', gamma: '[]' };

export const identityModels = ['alpha', 'beta', 'gamma'] as const;

function placesOf(model: string): string {
  const rows = places.filter((place) => place.model === model);
  return rows
    .map(({ deployment, input, cached, output }) => {
      const rates = `input: "${input}", cached_input: "${cached}", output: "${output}"`;
      const price = `{ ${rates}, source: simulator }`;
      return `
      - { name: ${deployment}, provider: ${deployment}, concurrency: 16, price: ${price} }`;
    })
    .join('');
}

function modelOf(name: (typeof identityModels)[number]): string {
  return `
  ${name}:
    kinds: [chat.completions]
    context_window: 100000
    default_output_tokens: 100
    max_output_tokens: 4000
    timeouts: { connect: 2s, first_byte: 3s, idle: 1500ms, total: 15s }
    fallbacks: ${fallbacks[name]}
    deployments:${placesOf(name)}`;
}

function providerOf(name: string): string {
  return `
  ${name}: { dialect: openai, base_url: SIMULATOR/d/${name}/v1, api_key_env: PROVIDER_KEY }`;
}

/** For `startForebay`. */
export const identityConfig = `
providers:${deployments.map(providerOf).join('')}
models:${identityModels.map(modelOf).join('')}
`;

/** The same prices a second time, as the simulator writes them. */
function billedAt(deployment: string): string {
  const rows = places.filter((place) => place.deployment === deployment);
  const lines = rows.map(
    ({ model, input, cached, output }) => `
      ${model}:
        price:
          input_per_million_usd: "${input}"
          cached_input_per_million_usd: "${cached}"
          output_per_million_usd: "${output}"`,
  );
  return `
  ${deployment}:
    models:${lines.join('')}`;
}

/** Each with its chance for one call. */
const faults = [
  '{ kind: server_error, probability: 0.03, params: { status: 503 } }',
  '{ kind: server_error, probability: 0.01, params: { status: 500, body: html } }',
  '{ kind: rate_limit, probability: 0.03, params: { retry_after: ms, seconds: 0.2 } }',
  '{ kind: cut_mid_body, probability: 0.03, params: { how: close } }',
  '{ kind: cut_mid_body, probability: 0.02, params: { how: reset } }',
  '{ kind: cut_mid_body, probability: 0.01, params: { how: clean } }',
  '{ kind: stall_mid_body, probability: 0.01 }',
  '{ kind: hang_before_headers, probability: 0.01 }',
  '{ kind: connection_reset, probability: 0.01, params: { generates: "yes" } }',
  '{ kind: connection_refuse, probability: 0.01 }',
  '{ kind: invalid_json, probability: 0.02 }',
  '{ kind: empty_body, probability: 0.01 }',
  '{ kind: html_body, probability: 0.01 }',
  '{ kind: error_in_200, probability: 0.01, params: { after_tokens: 3 } }',
  '{ kind: content_filter, probability: 0.01, params: { at: answer } }',
  '{ kind: wrong_usage, probability: 0.02, params: { value: missing } }',
  '{ kind: wrong_usage, probability: 0.01, params: { value: huge } }',
  '{ kind: wrong_usage, probability: 0.01, params: { value: negative } }',
  '{ kind: wrong_usage, probability: 0.01, params: { value: string } }',
  '{ kind: slow_drip, probability: 0.01, params: { interval_ms: 10, bytes: 64 } }',
];

export const identityScenario = `
default:
  latency_ms: { lognormal: { median: 30, p95: 120 } }
  output_tokens: { uniform: [5, 90] }
  cached_share: 0.25
  faults:${faults.map((fault) => `\n    - ${fault}`).join('')}
deployments:${deployments.map(billedAt).join('')}
`;
