import { type JobMove, jobMoves, terminalJobStates } from '@forebay/shared/domain/job-state';
import type { DocGenerator } from './doc-generator.ts';
import { code, markdownTable, pageHead } from './markdown.ts';

const diagram = (): string =>
  [
    '```mermaid',
    'stateDiagram-v2',
    ...jobMoves.map(({ from, to, by }) => `  ${from ?? '[*]'} --> ${to}: ${by}`),
    ...terminalJobStates.map((state) => `  ${state} --> [*]`),
    '```',
  ].join('\n');

const moves = (): string =>
  markdownTable(
    ['From', 'To', 'By', 'When'],
    jobMoves.map((move: JobMove) => [
      move.from === null ? '(birth)' : code(move.from),
      code(move.to),
      code(move.by),
      move.when,
    ]),
  );

export const lifecyclePage: DocGenerator = {
  file: 'docs/lifecycle.md',
  generate: () =>
    `${pageHead('Life of a job', 'the table of moves')}
Every change of a job is one script of the store, named on the arrow, that checks the state and the
fence it expects. Terminal states are written once.

${diagram()}

${moves()}
`,
};
