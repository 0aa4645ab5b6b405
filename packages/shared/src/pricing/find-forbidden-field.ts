/**
 * The deny list of a request body: fields with which a caller could redirect a call or change its
 * credentials, at whatever depth some provider or proxy might look for them.
 *
 * One exception: inside a JSON Schema (tool parameters, response formats) the names under
 * `properties` and definitions are the caller's own data, so that a tool may have a parameter
 * called `organization`.
 */
import { isJsonObject, type Json } from '../domain/json.ts';
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

interface Place {
  readonly path: string;
  readonly depth: number;
  readonly inSchema: boolean;
  /** Whether the keys of this object are the caller's own names. */
  readonly ownNames: boolean;
}

/**
 * Finds the first forbidden field.
 *
 * @returns its path as the caller would write it, such as `extra.options.base_url`.
 */
export function findForbiddenField(body: Json): string | undefined {
  return search(body, { path: '', depth: 0, inSchema: false, ownNames: false });
}

function search(value: Json, place: Place): string | undefined {
  // Bodies nested deeper are refused by the shape check, so nothing hides below.
  if (place.depth > limits.jsonDepthMax) return undefined;
  if (Array.isArray(value)) return searchItems(value, place);
  if (!isJsonObject(value)) return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (child === undefined) continue;
    const path = place.path === '' ? key : `${place.path}.${key}`;
    if (!place.ownNames && forbiddenNames.has(normalize(key))) return path;
    const found = search(child, { ...childPlace(key, place), path });
    if (found !== undefined) return found;
  }
  return undefined;
}

function searchItems(items: readonly Json[], place: Place): string | undefined {
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'object') continue;
    const path = `${place.path}[${index}]`;
    const found = search(item, { ...place, ownNames: false, path, depth: place.depth + 1 });
    if (found !== undefined) return found;
  }
  return undefined;
}

function childPlace(key: string, place: Place): Omit<Place, 'path'> {
  const inSchema = place.inSchema || schemaHolders.has(key);
  const ownNames = place.inSchema && !place.ownNames && namedByAuthor.has(key);
  return { inSchema, ownNames, depth: place.depth + 1 };
}

function normalize(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, '');
}
