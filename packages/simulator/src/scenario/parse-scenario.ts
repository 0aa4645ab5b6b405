/**
 * Turns a scenario file, or the same thing as an object, into a `Scenario`.
 *
 * Reports every problem at once, each with its path and, for files, with line and column.
 */
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { type FieldPath, FieldReader, type Problem } from './field-reader.ts';
import { readProfile } from './read-profile.ts';
import type { DeploymentScenario, ProfilePatch, Scenario } from './scenario.ts';

/** Thrown for a scenario that cannot be used; the message lists what is wrong and where. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`invalid scenario:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Reads YAML text, of which JSON is a part. Throws `ScenarioError`. */
export function parseScenarioText(text: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new ScenarioError(document.errors.map((error) => error.message.split('\n')[0] ?? ''));
  }
  return readScenario(document.toJS(), (path) => placeOf(document, lines, path));
}

/** Reads a scenario given as a plain object with the field names of the file. */
export function parseScenarioObject(value: unknown): Scenario {
  return readScenario(value, () => '');
}

function readScenario(value: unknown, place: (path: FieldPath) => string): Scenario {
  const problems: Problem[] = [];
  const reader = new FieldReader(problems, value, []);
  const scenario = {
    keys: reader.texts('keys') ?? null,
    strictModels: reader.flag('strict_models') ?? false,
    default: readProfile(reader.object('default')),
    models: readModels(reader.object('models')),
    deployments: readDeployments(reader.object('deployments')),
  };
  reader.refuseUnknown();
  if (problems.length === 0) return scenario;
  throw new ScenarioError(
    problems.map(
      ({ path, message }) => `${path.join('.') || 'scenario'}${place(path)}: ${message}`,
    ),
  );
}

function readModels(reader: FieldReader): Map<string, ProfilePatch> {
  return new Map(reader.names().map((name) => [name, readProfile(reader.object(name))]));
}

function readDeployments(reader: FieldReader): Map<string, DeploymentScenario> {
  const deployments = new Map<string, DeploymentScenario>();
  for (const name of reader.names()) {
    const fields = reader.object(name);
    deployments.set(name, {
      keys: fields.texts('keys') ?? null,
      refuseConnections: fields.flag('refuse_connections') ?? false,
      default: readProfile(fields.object('default')),
      models: readModels(fields.object('models')),
    });
    fields.refuseUnknown();
  }
  return deployments;
}

/** The line and column of a path, or of its nearest parent that stands in the file. */
function placeOf(document: Document, lines: LineCounter, path: FieldPath): string {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (!isNode(node) || node.range === null || node.range === undefined) continue;
    const { line, col } = lines.linePos(node.range[0]);
    return ` (line ${line}, column ${col})`;
  }
  return '';
}
