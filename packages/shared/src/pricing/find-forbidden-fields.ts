/**
 * The deny list of a request body: fields with which a caller could redirect a call or change its
 * credentials, at whatever depth some provider or proxy might look for them.
 *
 * One exception: inside a JSON Schema (tool parameters, response formats) the names under
 * `properties` and definitions are the caller's own data, so that a tool may have a parameter
 * called `organization`.
 */
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { limits } from '../domain/limits.ts';

/** Compared without case, hyphens and underscores: `apiKey`, `api-key` and `API_KEY` are one. */
const forbiddenNames: ReadonlySet<string> = new Set([
  'baseurl',
  'apibase',
  'apiurl',
  'apihost',
  'endpoint',
  'endpointurl',
  'azureendpoint',
  'apikey',
  'apitoken',
  'accesstoken',
  'bearertoken',
  'authorization',
  'authtoken',
  'clientsecret',
  'credentials',
  'vertexcredentials',
  'awsaccesskeyid',
  'awssecretaccesskey',
  'awssessiontoken',
  'header',
  'headers',
  'extraheaders',
  'defaultheaders',
  'httpheaders',
  'extraquery',
  'defaultquery',
  'organization',
  'organisation',
  'organizationid',
  'openaiorganization',
  'proxy',
  'proxies',
  'proxyurl',
  'httpproxy',
  'httpsproxy',
  'customllmprovider',
  'litellmparams',
]);

/** Members of a JSON Schema whose keys are names that the author of the schema chose. */
const namedByAuthor: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);

/** Members of a request that hold a JSON Schema. */
const schemaHolders: ReadonlySet<string> = new Set(['parameters', 'schema']);

/** Further ones are not looked for. */
const fieldsMax = 32;

interface Place {
  readonly path: string;
  readonly depth: number;
  readonly inSchema: boolean;
  /** Whether the keys of this object are the caller's own names. */
  readonly ownNames: boolean;
}

/**
 * Finds the forbidden fields, in the order in which they stand.
 *
 * @returns their paths as the caller would write them, such as `extra.options.base_url`.
 */
export function findForbiddenFields(body: Json): readonly string[] {
  const found: string[] = [];
  search(body, { path: '', depth: 0, inSchema: false, ownNames: false }, found);
  return found;
}

function search(value: Json, place: Place, found: string[]): void {
  // Bodies nested deeper are refused by the shape check, so nothing hides below.
  if (place.depth > limits.jsonDepthMax || found.length >= fieldsMax) return;
  if (Array.isArray(value)) searchItems(value, place, found);
  else if (isJsonObject(value)) searchMembers(value, place, found);
}

function searchMembers(members: JsonObject, place: Place, found: string[]): void {
  for (const [key, child] of Object.entries(members)) {
    if (child === undefined) continue;
    const path = place.path === '' ? key : `${place.path}.${key}`;
    if (!place.ownNames && forbiddenNames.has(normalize(key))) found.push(path);
    else search(child, { ...childPlace(key, place), path }, found);
    if (found.length >= fieldsMax) return;
  }
}

function searchItems(items: readonly Json[], place: Place, found: string[]): void {
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'object') continue;
    const path = `${place.path}[${index}]`;
    search(item, { ...place, ownNames: false, path, depth: place.depth + 1 }, found);
  }
}

function childPlace(key: string, place: Place): Omit<Place, 'path'> {
  const inSchema = place.inSchema || schemaHolders.has(key);
  const ownNames = place.inSchema && !place.ownNames && namedByAuthor.has(key);
  return { inSchema, ownNames, depth: place.depth + 1 };
}

function normalize(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, '');
}
