/** `forebay config validate`. */
import { formatConfigProblem, loadConfig } from '@forebay/shared/config/load-config';
import { readerBeside } from '@forebay/shared/config/read-beside';
import { retirementNotices } from '@forebay/shared/routing/retirements';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readText } from '../terminal/read-text.ts';

export async function runConfigValidate(input: CommandInput): Promise<number> {
  const {
    arguments: [file = ''],
    terminal,
    environment,
  } = input;
  const result = loadConfig({
    path: file,
    text: readText(file),
    env: (name) => environment[name],
    readBeside: readerBeside(file),
  });
  if (result.kind === 'invalid') {
    const { problems } = result;
    terminal.document({ file, valid: false, problems });
    if (!terminal.json)
      for (const problem of problems) terminal.complain(formatConfigProblem(problem));
    return exitCode.wrongUse;
  }
  const { config, warnings } = result;
  const { catalog } = config;
  const models = catalog.models.size;
  const routes = catalog.routes.size;
  const retirements = retirementNotices(catalog, systemClock.nowMs());
  const facts = { catalog_version: catalog.version, models, routes, warnings, retirements };
  terminal.document({ file, valid: true, ...facts });
  if (!terminal.json) {
    for (const warning of warnings) terminal.note(`warning: ${formatConfigProblem(warning)}`);
    for (const notice of retirements) terminal.note(`warning: ${notice}`);
  }
  terminal.out(`${file}: valid, ${models} models and ${routes} routes, ${catalog.version}\n`);
  return exitCode.done;
}
