import { type EnvVariable, envVariables } from '@forebay/shared/config/env-variables';
import type { DocGenerator } from './doc-generator.ts';
import { code, markdownTable } from './markdown.ts';

const variables = Object.values<EnvVariable<unknown>>(envVariables);

/** Longest comment line of `.env.example`. */
const columns = 96;

/** `.env.example`: every variable, commented out, with its default. */
export const envExample: DocGenerator = {
  file: '.env.example',
  generate: () =>
    [
      '# Every variable that Forebay reads. Made by `npm run docs:generate`; do not edit.',
      '# What stands behind the sign is the default. Secrets can come from a file: <NAME>_FILE.',
      '# Keys of providers stand in the variables that the configuration names in api_key_env.',
      ...variables.map(exampleOf),
      '',
    ].join('\n'),
};

function exampleOf(variable: EnvVariable<unknown>): string {
  const notes = [
    variable.description,
    `Expected: ${variable.expected}.`,
    ...(variable.localOnly ? ['Refused in production.'] : []),
  ].join(' ');
  return ['', ...wrap(notes), `#${variable.name}=${variable.fallback ?? ''}`].join('\n');
}

function wrap(text: string): readonly string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last === undefined || longer.length > columns) lines.push(`# ${word}`);
    else lines[lines.length - 1] = longer;
    return lines;
  }, []);
}

/** The table of variables for the configuration page. */
export function environmentTable(): string {
  const rows = variables.map((variable) => [
    code(variable.name) + (variable.secret ? ` or ${code(`${variable.name}_FILE`)}` : ''),
    variable.expected,
    variable.fallback === undefined ? '' : code(variable.fallback),
    variable.description + (variable.localOnly ? ' Refused in production.' : ''),
  ]);
  return markdownTable(['Variable', 'Expected', 'Default', 'Meaning'], rows);
}
