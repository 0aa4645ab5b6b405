/** What of an OpenAI chat request each dialect has a form for, or needs none. */
import { always, type CarryTable, oneOf, only } from './carry-rule.ts';
import { isJsonObject } from './json.ts';

export const commonFields: CarryTable = {
  model: always,
  // The output cap and streaming are ours.
  max_tokens: always,
  max_completion_tokens: always,
  stream: always,
  stream_options: always,
  reasoning_effort: oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh'),
  // Values that say the same as leaving the field out.
  logit_bias: only((value) => isJsonObject(value) && Object.keys(value).length === 0),
  modalities: only((value) => Array.isArray(value) && value.every((name) => name === 'text')),
  service_tier: oneOf('auto', 'default'),
  store: oneOf(false),
  verbosity: oneOf('medium'),
  // Labels and hints that have no part in the answer.
  user: always,
  metadata: always,
  safety_identifier: always,
  prompt_cache_key: always,
  prompt_cache_retention: always,
};
