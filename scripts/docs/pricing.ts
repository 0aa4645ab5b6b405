// The page about prices and tokens; its table holds the estimate against a real tokenizer.
import type { JsonObject } from '@forebay/shared/domain/json';
import { boundRequest } from '@forebay/shared/pricing/bound-request';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { type TokenSample, tokenSamples } from '../../test/support/token-samples.ts';
import type { DocGenerator } from './doc-generator.ts';
import { markdownTable, pageHead } from './markdown.ts';

const prices = `\
How Forebay knows what a call costs: at most, before it is made; probably, for display and for
choosing; and really, after it. All amounts are whole nano-dollars and each attempt rounds up
once. [Record 0031](decisions/0031-prices.md) has the argument.

## Where a price comes from

Each deployment has one price, looked up in this order when the configuration is loaded:

1. \`price\` of the deployment, then its \`price_from\`;
2. \`price\` of the model, then its \`price_from\`;
3. the list of known services that comes with Forebay (\`@pydantic/genai-prices\`), by the host of
the provider's \`base_url\` and the provider's name of the model;
4. \`unpriced\`, if the operator has said \`{allow_at: PRICE}\`; its rows say \`assumed/\` in
their names.

Nothing found is a mistake in the configuration, with its line: a model is never free for want of
a price. A price of zero must say \`free: true\`. \`price_from\` names a row such as
\`openai/gpt-5\`; a row of your own file wins over the list:

\`\`\`yaml
prices: prices.yaml            # beside the configuration, reloaded with it
unpriced: refuse               # or {allow_at: openai/gpt-5}
models:
  fast: {context_window: 128000, price_from: openai/gpt-5, deployments: [{provider: gateway}]}
\`\`\`

\`\`\`yaml
# prices.yaml
rows:
  openai/gpt-5:
    {input: "1.10", cached_input: "0.11", output: "9", source: our contract, as_of: 2026-10-01}
\`\`\`

Only the folder of the configuration is watched; keep the file there, and in a container mount it
beside the configuration.
\`forebay prices import FILE --out prices.yaml\` makes such a file of the JSON in which the LiteLLM
project lists prices, \`forebay prices list\` shows the rows that can be named, and
\`forebay prices show MODEL --config FILE\` what a model costs and where that is from.

What is imported is the most that the list can mean, and what has no such bound is left out with
the reason: models that are free or answer for nothing, that search as often as they like, or that
answer with images. Models that always search (sonar, search previews) get the dearest search as
\`per_request\`; the searches of all others are hosted tools, which are refused at intake, as are
\`cache_control\` and paid service tiers. One row stands for entries of one name, with the dearer
of each amount. \`batch_multiplier\` is the largest share that any of the rates has in a batch, and
is left out where one of them has no price there.
Multipliers for regions are not read: write the price of such a deployment yourself.

Every attempt keeps the whole row that it is charged by, and shows its name in \`cost.price\`:
name, day and a hash of the amounts, such as \`openai/gpt-5@2026-10-01+5b1f09aa\`. Two rows with
one name cost the same. A price of yours may leave \`as_of\` out, then the name says \`undated\`
where the day stands; the hash tells its versions apart all the same. It is not given the day on
which it was loaded, because one price would then have another name after each restart.

## What a price can say

| Key | Billed |
| --- | --- |
| \`input\`, \`output\` | each million tokens that are nothing of the following |
| \`cached_input\` | input that the provider read from its cache (\`cached_tokens\` of its usage) |
| \`cache_write\` | input that it wrote there (\`cache_write_tokens\`, \`cache_creation_tokens\`) |
| \`reasoning\` | output that was reasoning (\`reasoning_tokens\`) |
| \`tiers\` | all tokens of a request whose input is above the size, not only those beyond it |
| \`per_request\`, \`per_image\` | each call, each image of the request, besides its tokens |
| \`batch_multiplier\` | what remains of all of it where a deployment is \`billed_as: batch\` |

What a row leaves out costs what \`input\` or \`output\` costs. In the list of known services a
price may depend on the hour; the dearest hour counts then, so a bill can be lower than what is
shown. Models without a bound are left out of that list, too: deep research, those that always
search (but for some of Perplexity, whose searches it knows), those that answer with images or
video. They need a price of yours that holds all that a call can cost, with \`per_request\`;
without one they are models without a price, and \`unpriced\` says what becomes of them.

## At most: the worst case

Before a call its worst case is reserved: the input bound at the dearest of \`input\`,
\`cached_input\` and \`cache_write\`, the output cap times the choices at the dearer of \`output\`
and \`reasoning\`, in the dearest tier that the input bound can reach, plus what a call and its
images cost, at the dearest deployment. No usage within these bounds costs more; random prices and
usages are tried against it. The input bound counts bytes, because no token of a byte-level
tokenizer is shorter than one. Every text and every name within a message, a tool or a schema
counts, also a \`role\` that no service lists; which roles there are is left to the server, whose
chat template may have its own. Only the data of images is left out.

With \`cap_output: true\` a job lets the output cap be cut to what its ceiling and its
[budgets](budgets.md#when-the-money-is-short) have left, for each model by its price; below 16
tokens the model is left out. \`output_cap.source\` is then \`ceiling\` or \`budget\`.

## Probably: the estimate

Tokens are estimated from runs of letters, digits, signs and blanks, in linear time; images and
their data are taken out first. For each model and class of content (prose, code, JSON, CJK,
other) a factor is learned from what settled calls really counted: a running mean that begins at
1, kept between 0.25 and 4 beside the other live figures of the model, and read with them about
once a second. It corrects expected costs and nothing else; no reservation depends on it.

The table holds bound and estimate, as they are before anything was learned, against a real
tokenizer (o200k, a fixed text of each kind as one user message).
`;

const columns = ['Text', 'Characters', 'Real tokens', 'Estimate', 'Error', 'Bound', 'Bound ÷ real'];

function rowOf({ name, text }: TokenSample): readonly string[] {
  const body: JsonObject = { messages: [{ role: 'user', content: text }] };
  const result = boundRequest('chat.completions', body);
  if (result.kind !== 'bounded') throw new Error(`${name} cannot be bounded`);
  const { inputTokensBound: bound, inputTokensEstimate: estimate } = result.features;
  const real = encode(text, { disallowedSpecial: new Set() }).length;
  const errorPercent = Math.round((estimate / real - 1) * 100);
  return [
    name,
    String(text.length),
    String(real),
    String(estimate),
    `${errorPercent > 0 ? '+' : ''}${errorPercent} %`,
    String(bound),
    (bound / real).toFixed(1),
  ];
}

export const pricingPage: DocGenerator = {
  file: 'docs/pricing.md',
  generate: () =>
    [
      pageHead('Prices and tokens', 'scripts/docs/pricing.ts'),
      prices,
      markdownTable(columns, tokenSamples.map(rowOf)),
      '',
      'Estimate and bound include what templates add to a message.',
      '',
    ].join('\n'),
};
