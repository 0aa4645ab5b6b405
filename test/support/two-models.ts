/** The configuration and the scenario that most process tests share. */

/** Two models behind the simulator; `alpha` falls back to `beta`. */
export const twoModels = `
providers:
  sim:
    dialect: openai
    base_url: SIMULATOR/v1
    api_key_env: PROVIDER_KEY
models:
  alpha:
    kinds: [chat.completions, responses]
    context_window: 100000
    default_output_tokens: 200
    max_output_tokens: 4000
    price: { input: "1", output: "4", source: simulator }
    timeouts: { connect: 2s, first_byte: 10s, idle: 5s, total: 20s }
    fallbacks: [beta]
    deployments:
      - { name: main, provider: sim, model: alpha, concurrency: 20 }
  beta:
    kinds: [chat.completions, responses]
    context_window: 100000
    default_output_tokens: 200
    max_output_tokens: 4000
    price: { input: "2", output: "8", source: simulator }
    timeouts: { connect: 2s, first_byte: 10s, idle: 5s, total: 20s }
    deployments:
      - { name: main, provider: sim, model: beta, concurrency: 20 }
`;

/** Prices of the simulator that match `twoModels`. */
export const twoModelsScenario = `
models:
  alpha:
    price:
      input_per_million_usd: "1"
      cached_input_per_million_usd: "1"
      output_per_million_usd: "4"
  beta:
    price:
      input_per_million_usd: "2"
      cached_input_per_million_usd: "2"
      output_per_million_usd: "8"
`;
