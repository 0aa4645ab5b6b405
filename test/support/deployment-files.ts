/** What the deployment files say, read as plain values, and what they must agree with. */
import { readdirSync, readFileSync } from 'node:fs';
import { envVariables } from '@forebay/shared/config/env-variables';
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { parse, parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';

export function readText(path: string): string {
  return readFileSync(`${repositoryRoot}/${path}`, 'utf8');
}

/** One YAML document, with anchors and merge keys resolved. */
export function readYaml(path: string): JsonObject {
  return asObject(parse(readText(path), { merge: true }), path);
}

/** Every document of every file of a folder that is a Kubernetes resource. */
export function readResources(folder: string): readonly JsonObject[] {
  const files = yamlFilesIn(folder).filter((file) => file !== 'kustomization.yaml');
  return files.flatMap((file) =>
    parseAllDocuments(readText(`${folder}/${file}`), { merge: true }).map((document) => {
      for (const error of document.errors) throw new Error(`${file}: ${error.message}`);
      return asObject(document.toJS(), file);
    }),
  );
}

export function yamlFilesIn(folder: string): readonly string[] {
  return readdirSync(`${repositoryRoot}/${folder}`).filter((file) => file.endsWith('.yaml'));
}

/** The object at a path of member names. @throws Error when there is none. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject {
  return asObject(valueAt(value, ...path), path.join('.'));
}

export function listAt(value: unknown, ...path: readonly string[]): readonly Json[] {
  const found = valueAt(value, ...path);
  if (!Array.isArray(found)) throw new Error(`${path.join('.')} is no list`);
  return found;
}

/** A list of texts; empty when there is none. */
export function textsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  const found = valueAt(value, ...path);
  const list = Array.isArray(found) ? found : [];
  return list.filter((entry): entry is string => typeof entry === 'string');
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = valueAt(value, ...path);
  if (typeof found !== 'string') throw new Error(`${path.join('.')} is no text`);
  return found;
}

export function valueAt(value: unknown, ...path: readonly string[]): Json | undefined {
  let found: unknown = value;
  for (const name of path) found = isJsonObject(found) ? found[name] : undefined;
  // What YAML without tags holds is JSON.
  return found as Json | undefined;
}

function asObject(value: unknown, what: string): JsonObject {
  if (!isJsonObject(value)) throw new Error(`${what} is no object`);
  return value;
}

/** Variables that our processes do not read, out of those that a deployment sets. */
export function unknownVariables(names: Iterable<string>, also: readonly string[]): string[] {
  const known = new Set<string>(also);
  for (const { name, secret } of Object.values(envVariables)) {
    known.add(name);
    if (secret) known.add(`${name}_FILE`);
  }
  return [...names].filter((name) => !known.has(name));
}

/** How long a process may take to stop, in seconds, before the deployment kills it. */
export const stopSecondsMin = Number(envVariables.shutdownGraceMs.fallback) / 1_000 + 10;

/** The main file of a package in the source, for one that a command names in `dist`. */
export function sourceOfMain(command: string): string | undefined {
  const name = /packages\/(\w+)\/dist\/main\.js/.exec(command)?.[1];
  return name === undefined ? undefined : `packages/${name}/src/main.ts`;
}
