import { errorCatalog, jobErrorCatalog } from '@forebay/shared/domain/error-catalog';
import { errorClasses, type NextStep, ruleOf } from '@forebay/shared/domain/outcome';
import type { DocGenerator } from './doc-generator.ts';
import { code, markdownTable, pageHead } from './markdown.ts';

const nextTexts: Record<NextStep, string> = {
  retry_same: 'the same model again, then another',
  pause_lane: 'the deployment pauses; another model if it could start sooner',
  stop_deployment: 'the deployment stops with an alarm; another deployment or model',
  larger_context: 'a model with a larger context window',
  if_opted_in: 'another model only if the caller opted in',
  risk_retry: "another attempt within the job's allowance of risky repeats",
  if_to_move_on: 'the same, unless the caller said that a miss is the end',
  other_model: 'another model',
  fail: 'the job ends',
  free_retry: 'another attempt that does not count',
};

const requestErrors = (): string =>
  markdownTable(
    ['Code', 'Status', 'Title', 'The same request may succeed later'],
    Object.entries(errorCatalog).map(([name, { status, title, retryable }]) => [
      code(name),
      String(status),
      title,
      retryable ? 'yes' : 'no',
    ]),
  );

const jobErrors = (): string =>
  markdownTable(
    ['Code', 'Meaning'],
    Object.entries(jobErrorCatalog).map(([name, text]) => [code(name), text]),
  );

const attemptErrors = (): string =>
  markdownTable(
    ['Class', 'What happened', 'Ambiguity', 'Next'],
    errorClasses.map((name) => {
      const { text, ambiguities, next, unsent } = ruleOf(name);
      const otherwise =
        unsent === undefined ? '' : `; when nothing was sent, ${nextTexts[unsent.next]}`;
      return [code(name), text, ambiguities.map(code).join(', '), nextTexts[next] + otherwise];
    }),
  );

export const errorsPage: DocGenerator = {
  file: 'docs/errors.md',
  generate: () =>
    `${pageHead('Errors', 'the error tables')}
## Requests

A request that cannot be taken is answered with a problem (RFC 9457) whose \`code\` is one of these.

${requestErrors()}

## Failed jobs

A job that ended without an answer carries one of these as \`error.code\`.

${jobErrors()}

## Attempts

Every attempt that brought no answer has one of these classes. Its ambiguity says what may be owed:
\`not_sent\` and \`refused\` cost nothing, \`answered\` costs its usage, and \`unknown\` is charged
at the worst case, because nobody can tell whether the provider bills it.

${attemptErrors()}
`,
};
