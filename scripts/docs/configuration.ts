// The page about configuration: the file from its schema, the environment from its table.

import { configJsonSchema } from '@forebay/shared/config/config-json-schema';
import type { DocGenerator } from './doc-generator.ts';
import { environmentTable } from './environment.ts';
import { code, markdownTable, pageHead } from './markdown.ts';
import { priorityTable } from './priorities.ts';

type JsonSchema = typeof configJsonSchema;

/** A small file that uses every section; a test loads it. */
export const exampleConfig = `providers:
  openai:
    dialect: openai
    base_url: https://api.openai.com/v1
    api_key_env: OPENAI_API_KEY
    output_cap_field: max_completion_tokens
  gpu-room:
    dialect: openai
    base_url: \${GPU_ROOM_URL}

models:
  big:
    capabilities: [tools, json_schema, vision]
    context_window: 128000
    max_output_tokens: 16384
    image_tokens_max: 1500
    price: {input: "2.50", cached_input: "1.25", output: "10", source: price list of 2026-09}
    deployments:
      - {provider: openai, model: big-2026-08, concurrency: 20, rpm: 500, tpm: 200000}
  small:
    capabilities: [tools, json_schema]
    context_window: 128000
    timeouts: {first_byte: 20s}
    tags: [open_weights, eu]
    price: {input: "0.15", output: "0.60", source: price list of 2026-09}
    fallbacks: [big-text]
    deployments:
      - {name: own, provider: gpu-room, concurrency: 8, order: 0}
      - {name: rented, provider: openai, model: small-2026-08, order: 1, rpm: 1000}
  big-text:
    capabilities: [tools, json_schema]
    context_window: 128000
    price: {input: "2.50", output: "10", source: price list of 2026-09}
    deployments: [{provider: openai, model: big-2026-08}]

routes:
  auto: {strategy: cheapest, targets: [small, big-text]}
  split: {strategy: weighted, targets: [{model: small, weight: 9}, {model: big, weight: 1}]}

aliases:
  standard: {versions: [{model: small}, {model: auto, from: 2027-01-01}]}

rules:
  - name: research-on-open-weights
    when: {tenant: research}
    then: {require_tags: [open_weights]}
  - name: emergencies-stay-in-region
    when: {metadata: {purpose: emergency}, any: [{headers: {x-region: eu}}, {user: "eu-*"}]}
    then: {require_tags: [eu], strategy: fastest}

defaults: {ceiling_usd: "0.50", deadline: 12h}
`;

const intro = `Forebay reads one YAML file (\`FOREBAY_CONFIG\`) and its environment. Every
mistake in the file is reported with file, line and column, all at once, and stops the start: a
mistyped key, a fallback with a smaller window or a model without a price is not found out at night.

- \`\${NAME}\` in a value stands for an environment variable; \`$\${\` for both signs.
- Durations are whole numbers with a unit: \`500ms\`, \`5s\`, \`10m\`, \`24h\`, \`30d\`.
- Money is decimal US dollars, exact to nine decimals; quote it, so that YAML leaves it alone.
- Keys of providers never stand in the file: \`api_key_env\` names the variable.`;

const reloading = `## Reloading

Api and workers watch the folder of the file and read it again when something in it changes, or on
SIGHUP. A file with a mistake changes nothing: each problem is logged as \`config.refused\` with
line and column, and the former configuration is served on. A sound one takes the former's place in
one step: \`config.applied\` is logged, then one \`config.changed\` for each difference, never
with an address, a header or a key. \`/readyz\` and \`forebay_config_info\` show the version that
a process serves; processes that serve the same show the same.

- Limits, prices, timeouts, fallbacks, routes, defaults and webhook rules hold for what begins from
  then on; calls that run end as they began. A lower \`concurrency\` lets running calls end first.
- A new model gets its queue, its pools and its place on the board. Jobs for it may come before
  every worker has read the file; dispatchers leave them alone for eight leases.
- A removed model takes no jobs any more. Its running calls end; when no worker serves it any more,
  its waiting jobs move to their other candidates, and those without one fail with
  \`no_eligible_model\`. To empty a model first, take it out of routes and fallbacks, wait, then
  remove it.
- Not read again: the environment (\`\${NAME}\` keeps the value that it had at the start, while key
  files named by \`<NAME>_FILE\` are read for each call), and whether bodies above 1 MB are let
  in, which an api decides by the image models that it starts with. These need a restart.
`;

export const configurationPage: DocGenerator = {
  file: 'docs/configuration.md',
  generate: () =>
    [
      pageHead('Configuration', 'the schema and the table of variables'),
      intro,
      '\n## An example\n',
      `\`\`\`yaml\n${exampleConfig}\`\`\``,
      '\n## The file\n',
      ...sectionsOf('', configJsonSchema),
      reloading,
      '## The environment\n',
      environmentTable(),
      '',
      '## Priority classes',
      '',
      'Not to be configured. While work of several classes waits for a model, the most urgent one',
      'goes first, and each of the others gets at least its share of the places.',
      '',
      priorityTable(),
      '',
    ].join('\n'),
};

/** One table per mapping, outer ones first. */
function sectionsOf(path: string, schema: JsonSchema): readonly string[] {
  const properties = Object.entries(schema.properties ?? {}).flatMap(([key, property]) =>
    isSchema(property) ? [{ key, property }] : [],
  );
  if (properties.length === 0) return [];
  const rows = properties.map(({ key, property }) => [
    code(key),
    typeText(property),
    defaultText(property, schema.required?.includes(key) ?? false),
    property.description ?? '',
  ]);
  const table = markdownTable(['Key', 'Expected', 'Default', 'Meaning'], rows);
  const heading = path === '' ? [] : [`### ${code(path)}\n`];
  return [...heading, `${table}\n`, ...properties.flatMap((each) => innerSections(path, each))];
}

function innerSections(
  outer: string,
  { key, property }: { readonly key: string; readonly property: JsonSchema },
): readonly string[] {
  const path = outer === '' ? key : `${outer}.${key}`;
  const { additionalProperties: values, items } = property;
  const named = namedPart(property);
  // Shown where it stands first; within itself it is only mentioned.
  if (named !== undefined) return /\.(all|any|not)$/.test(path) ? [] : sectionsOf(path, named);
  const own = mappingOf(property);
  if (own !== undefined) return sectionsOf(path, own);
  if (isSchema(values) && values.properties !== undefined) {
    return sectionsOf(`${path}.<name>`, values);
  }
  const item = isSchema(items) ? mappingOf(items) : undefined;
  return item === undefined ? [] : sectionsOf(`${path}[]`, item);
}

/** The form of a value that is a mapping, if it has one. */
function mappingOf(value: JsonSchema): JsonSchema | undefined {
  return [value, ...(value.anyOf ?? []).filter(isSchema)].find((each) => each.properties);
}

function namedPart({ $ref: reference }: JsonSchema): JsonSchema | undefined {
  const part = configJsonSchema.$defs?.[reference?.replace('#/$defs/', '') ?? ''];
  return isSchema(part) ? part : undefined;
}

function typeText(schema: JsonSchema): string {
  if (namedPart(schema) !== undefined) return 'condition';
  if (schema.enum !== undefined) return `one of ${schema.enum.map(String).map(code).join(', ')}`;
  if (schema.const !== undefined) return code(`${schema.const}`);
  if (schema.anyOf !== undefined) {
    return [...new Set(schema.anyOf.filter(isSchema).map(typeText))].join(' or ');
  }
  // Only amounts of money may be texts or numbers.
  if (Array.isArray(schema.type)) return 'US dollars';
  const { minimum, maximum, items, pattern } = schema;
  const texts: Readonly<Record<string, string>> = {
    integer: `whole number, ${minimum} to ${maximum}`,
    number: `number, ${minimum} to ${maximum}`,
    boolean: '`true` or `false`',
    array: `list of: ${isSchema(items) ? typeText(items) : 'anything'}`,
    object: 'mapping',
    string: pattern?.includes('(ms|s|m|h|d)') === true ? 'duration' : 'text',
  };
  return texts[schema.type ?? ''] ?? 'anything';
}

function defaultText(schema: JsonSchema, isRequired: boolean): string {
  if (isRequired) return 'required';
  const value = schema.default;
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '{}' ? '' : code(text);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
