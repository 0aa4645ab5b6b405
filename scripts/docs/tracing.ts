// The page about tracing, with the attributes that spans may really carry.

import { spanAttributes } from '@forebay/shared/telemetry/span-attributes';
import type { DocGenerator } from './doc-generator.ts';
import { code, markdownTable, pageHead } from './markdown.ts';

const settings = [
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'where spans go; the path `/v1/traces` is added'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'credentials for that place'],
  ['OTEL_TRACES_SAMPLER', 'what is sampled, see below'],
  ['OTEL_TRACES_SAMPLER_ARG', 'the share, for samplers that want one'],
  ['OTEL_SERVICE_NAME', 'instead of `forebay-api` and `forebay-worker`'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'more that every span says of its process'],
  ['OTEL_BSP_MAX_QUEUE_SIZE', 'spans held for sending; those beyond are dropped'],
  ['OTEL_BSP_SCHEDULE_DELAY', 'the longest that a span is held, in milliseconds'],
].map(([name = '', meaning = '']) => [code(name), meaning]);

const text = `One trace follows a job from the request that submits it, over the queue and the
provider, to its webhook, through all processes and all attempts. It is off by default: then no SDK
is loaded and nothing of a trace is read, kept or sent.

## Switching it on

Set these for every api and worker, in whatever way they get their environment (the shell of
\`npm start\`, \`.env\` of compose, \`forebay.env\` of systemd, the ConfigMap of Kubernetes):

\`\`\`sh
FOREBAY_TRACING=otlp
OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318
\`\`\`

To try it: \`FOREBAY_TRACING=otlp docker compose --profile observability up\` sends them to a Jaeger
beside it (port 16686, also a data source of its Grafana), which keeps them in memory.

Spans leave over OTLP/HTTP as JSON, which every OpenTelemetry Collector, Jaeger and Tempo take. The
other settings are the standard ones, read by the OpenTelemetry SDK itself:

${markdownTable(['Variable', 'For'], settings)}

A collector that is away costs spans and nothing else: \`tracing.failed\` is logged, jobs go on.
A process that stops sends what it still holds, for three seconds at most; one that is killed loses
the spans of its last seconds.

You may bring an SDK of your own instead, for instance with instrumentation of Redis: preload it
(\`NODE_OPTIONS=--import …\`) and leave \`FOREBAY_TRACING\` off. It must speak W3C Trace Context.

## Spans

\`\`\`text
POST /v1/jobs             api       the request, under the caller's traceparent if there is one
└─ submit job             api       kept with the job; what follows belongs to it
   ├─ wait in queue       worker    until an attempt begins
   ├─ run attempt         worker    claim to settlement, one for each attempt
   │  ├─ chat gpt-mini    worker    the call of the provider
   │  └─ reassign job     worker    when the attempt failed
   ├─ reassign job        worker    when nobody was alive to report: lost lease, deadline
   └─ deliver webhook     worker    one for each attempt to deliver
\`\`\`

- The span of an attempt whose worker was killed is lost with its worker. The dispatcher that takes
  the job away writes \`attempt lost\` into its \`reassign job\`, and the next attempt is in the
  same trace.
- Each line of a bulk call begins a trace of its own, which links to the span of the call: thousands
  of jobs in one trace would be more than anybody can look at.
- Every call with a valid key has a span; health, metrics and the board have none.
- Log lines that are written while a span runs carry its \`trace_id\` and \`span_id\`.

## Sampling

Whether a trace is recorded is decided once, where it begins. A caller's \`traceparent\` that says
"not sampled" is obeyed at every step, days later too, and one that says "sampled" is recorded. To
record a tenth of what comes without a decision, and obey callers otherwise:

\`\`\`sh
OTEL_TRACES_SAMPLER=parentbased_traceidratio
OTEL_TRACES_SAMPLER_ARG=0.1
\`\`\`

If callers are not to decide how much you record, use \`traceidratio\`: it goes by the id of the
trace alone, so all processes decide alike.

## What is never in a trace

Prompts, answers, keys, secrets, metadata, headers, and the URLs of webhooks. What a span may carry
is the list below and nothing else; of an error it is the code. Baggage is neither read nor passed
on. A job's trace context stands in its record, for as long as the record, at most 640 characters
long; it is shown to nobody, and a caller can see no other tenant's. Neither providers nor webhook
receivers are told of it.

## Attributes
`;

export const tracingPage: DocGenerator = {
  file: 'docs/tracing.md',
  generate: () =>
    [
      pageHead('Tracing', 'the attributes that spans may carry'),
      text,
      `${markdownTable(
        ['Attribute', 'Meaning'],
        Object.entries(spanAttributes).map(([name, meaning]) => [code(name), meaning]),
      )}\n`,
    ].join('\n'),
};
