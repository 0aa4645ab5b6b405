/** The `providers` section of the configuration: where services are, and how they are spoken to. */
import { z } from 'zod';
import {
  dialectNames,
  type JobKind,
  outputCapFields,
  thinkingForms,
} from '../domain/model-catalog.ts';

const environmentName = z
  .string('expected the name of an environment variable')
  .regex(/^[A-Z_][A-Z0-9_]{0,127}$/, 'expected the name of an environment variable, not the key');

const baseUrl = z
  .string('expected an http or https URL')
  .max(2_048, 'expected at most 2048 characters')
  .refine(isPlainHttpUrl, 'expected an http or https URL without credentials, query or fragment')
  .transform((url) => url.replace(/\/+$/, ''));

/** Headers that carry credentials; those come from the environment through `api_key_env`. */
const credentialHeaders = /^(authorization|proxy-authorization|cookie|(x-)?api-key)$/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'expected a header name of letters, digits and hyphens')
  .refine((name) => !credentialHeaders.test(name), 'credentials belong into api_key_env');

export const outputCapField = z.enum(
  outputCapFields,
  `expected one of ${outputCapFields.join(', ')}`,
);

/** `{model}` in it stands for the model's name; a query belongs elsewhere. */
const pathTemplate = z
  .string('expected a path')
  .max(512, 'expected at most 512 characters')
  .regex(
    /^\/(?:[A-Za-z0-9._~:@!$&'()*+,;=/-]|%[0-9A-Fa-f]{2}|\{model\})*$/,
    'expected a path that begins with /, in which only {model} stands in braces',
  );

/** Names under which services take keys in a query, where logs of every proxy would keep them. */
const credentialParameters = /key|token|secret|signature|password|^(?:code|sig|auth)$/i;

const query = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected a name of letters, digits and . _ -')
      .refine((name) => !credentialParameters.test(name), 'credentials belong into api_key_env'),
    z.string('expected a text').max(256, 'expected at most 256 characters'),
  )
  .refine((given) => Object.keys(given).length <= 16, 'expected at most 16 parameters');

const authExpected = 'expected bearer, x-api-key, {header: NAME} or {sigv4: {region, service}}';

const awsWord = z
  .string('expected a word such as us-east-1')
  .regex(/^[a-z0-9-]{1,64}$/, 'expected lower-case letters, digits and hyphens');

const sigv4 = z.strictObject({
  region: awsWord.describe('Such as `us-east-1`.'),
  service: awsWord.describe('`bedrock`, or `bedrock-mantle` at the endpoint of that name.'),
  access_key_id_env: environmentName
    .default('AWS_ACCESS_KEY_ID')
    .describe('Variable with the id of the key; `api_key_env` names the one with its secret.'),
  session_token_env: environmentName
    .default('AWS_SESSION_TOKEN')
    .describe('Variable with the token of temporary keys; may be unset.'),
});

const auth = z.union(
  [
    z.enum(['bearer', 'x-api-key'], authExpected),
    z.strictObject({
      header: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,64}$/, 'expected a header name of letters, digits and hyphens')
        .transform((name) => name.toLowerCase())
        .optional()
        .describe('The header whose value is the key.'),
      sigv4: sigv4.optional().describe('Requests are signed as AWS does it.'),
    }),
  ],
  authExpected,
);

/** What the router sets, and what would cost more than was reserved. */
const ownFields: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'input', 'prompt', 'system', 'stream', 'stream_options', 'background'],
  ...['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n', 'best_of', 'prediction'],
  ...['tools', 'functions', 'web_search_options', 'plugins', 'models', 'modalities', 'audio'],
]);

const plainValue = z.union([z.string().max(1_024), z.number(), z.boolean()]);
const flatValue = z.union([plainValue, z.array(plainValue).max(64)]);

const fields = z
  .record(
    z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,63}$/, 'expected the name of a field')
      .refine(
        (name) => !ownFields.has(name),
        'the router sets it, or it could cost more than is held',
      ),
    z.union(
      [flatValue, z.record(z.string().max(64), flatValue)],
      'expected a text, number, flag, a list of those, or an object of such values',
    ),
  )
  .refine((given) => Object.keys(given).length <= 16, 'expected at most 16 fields');

export const thinkingForm = z.enum(thinkingForms, `expected one of ${thinkingForms.join(', ')}`);

/** A service that runs models. */
export const providerSchema = z.strictObject({
  dialect: z
    .enum(dialectNames, `expected one of ${dialectNames.join(', ')}`)
    .describe('The API that the provider speaks.'),
  base_url: baseUrl.describe(
    'Where its API begins, up to but without `/chat/completions` or `/messages`.',
  ),
  paths: z
    .strictObject({
      'chat.completions': pathTemplate.optional().describe('None: that of the dialect.'),
      embeddings: pathTemplate.optional().describe('None: that of the dialect.'),
      responses: pathTemplate.optional().describe('None: that of the dialect.'),
    } satisfies Record<JobKind, z.ZodType>)
    .default({})
    .describe(
      'Paths under `base_url` that differ from those of the dialect; `{model}` in one stands for ' +
        'the name of the model.',
    ),
  query: query
    .optional()
    .describe('Parameters in the query of every call, such as `api-version`; never a key.'),
  auth: auth
    .optional()
    .describe(
      'How the key is sent: `bearer` in `Authorization`, `x-api-key`, `{header: NAME}`, or as a ' +
        'signature of AWS, `{sigv4: {region, service}}`. None: as the dialect does it.',
    ),
  fields: fields
    .optional()
    .describe('Fixed fields of every body; those that a call itself has win.'),
  api_key_env: environmentName
    .optional()
    .describe('Variable with the key; `<NAME>_FILE` may name a file instead. None: no key sent.'),
  headers: z
    .record(headerName, z.string('expected a text').max(1_024, 'expected at most 1024 characters'))
    .default({})
    .describe('Fixed headers of every call; none that carries credentials.'),
  // Servers that are too new for `max_tokens` refuse it, which costs nothing; servers that are too
  // old for the other field ignore it, which costs without bound.
  output_cap_field: outputCapField
    .default('max_tokens')
    .describe(
      'The field that carries the output cap of chat calls, whichever the caller wrote. Name one ' +
        'that the service is known to obey: it would ignore a field that it does not know, and ' +
        'ceilings would not hold. `max_tokens` is the one that all know or refuse; set ' +
        '`max_completion_tokens` for OpenAI itself, whose reasoning models refuse the other.',
    ),
  stream_usage: z
    .boolean('expected true or false')
    .default(true)
    .describe(
      'Whether chat streams are asked for their usage by `stream_options`. A server that refuses ' +
        'the field needs `false`, and better `stream: false` at its deployments: a stream that ' +
        'tells no usage is charged at its worst case.',
    ),
  strict_messages: z
    .boolean('expected true or false')
    .default(false)
    .describe(
      'Whether assistant messages of chats go to an `openai` dialect with nothing that OpenAI ' +
        'does not name: without `reasoning_content`, `reasoning`, `extra_content` and the like, ' +
        'which answers of other services bring. Set it for servers that refuse those; others ' +
        'want them back.',
    ),
  thinking: thinkingForm
    .default('level')
    .describe(
      'How `reasoning_effort` is put to models of other dialects than `openai`: as a `level`, ' +
        'or, as older models want it, as a `budget` of tokens within the output cap.',
    ),
});

function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:';
  return isHttp && url.username === '' && url.password === '' && url.search + url.hash === '';
}
