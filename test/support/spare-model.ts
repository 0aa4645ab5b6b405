/** A cheap model with two places and a spare one at three times the price. */

const model = (name: string, times: number, concurrency: number): string => `
  ${name}:
    kinds: [chat.completions]
    context_window: 100000
    default_output_tokens: 20
    max_output_tokens: 4000
    price: { input: "${times}", output: "${4 * times}", source: simulator }
    deployments:
      - { name: main, provider: sim, model: ${name}, concurrency: ${concurrency} }`;

/** @param promotion the settings of that section, as YAML. */
export function spareConfig(promotion: string): string {
  return `
providers:
  sim: { dialect: openai, base_url: SIMULATOR/v1, api_key_env: PROVIDER_KEY }
models:${model('primary', 1, 2)}${model('spare', 3, 8)}
routes:
  auto: { strategy: cheapest, targets: [primary, spare] }
promotion: ${promotion}
`;
}

const price = (name: string, times: number): string => `
  ${name}:
    price:
      input_per_million_usd: "${times}"
      cached_input_per_million_usd: "${times}"
      output_per_million_usd: "${4 * times}"`;

export const spareScenario = `
models:${price('primary', 1)}${price('spare', 3)}
`;

export interface SpareJob {
  readonly n: number;
  readonly priority: 'urgent' | 'bulk';
  /** How long the provider takes for it. */
  readonly serviceMs: number;
}

/** A job of the route `auto`. */
export function spareRequest({ n, priority, serviceMs }: SpareJob): object {
  return {
    kind: 'chat.completions',
    model: 'auto',
    priority,
    body: {
      messages: [{ role: 'user', content: `[[sim:latency ms=${serviceMs}]] ${priority} no. ${n}` }],
      max_tokens: 20,
    },
    max_cost_usd: '0.01',
    timeout_seconds: 300,
  };
}

/** What is read of such a job. */
export interface SpareView {
  readonly status: string;
  readonly model: string;
  readonly created_at: string;
  readonly attempts: readonly { readonly model: string; readonly started_at: string }[];
  readonly promotion: { from: string; to: string; premium_usd: string } | null;
  readonly cost: { readonly ceiling: string; readonly spent: string; readonly unknown: string };
}
