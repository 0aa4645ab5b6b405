/** Tools and the choice among them, in the form of the Messages API. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { narrowSchema } from './narrow-schema.ts';

/** The fields of a request that are about tools; none for a chat without them. */
export function writeTools(body: JsonObject): JsonObject {
  const given = Array.isArray(body['tools']) ? body['tools'].filter(isJsonObject) : [];
  if (given.length === 0) return {};
  const choice = writeChoice(body['tool_choice'], body['parallel_tool_calls'] === false);
  return {
    tools: given.map(writeTool),
    ...(choice === undefined ? {} : { tool_choice: choice }),
  };
}

/** Whether the model is made to call a tool; no model thinks first then. */
export function forcesTool(body: JsonObject): boolean {
  const choice = body['tool_choice'];
  return choice === 'required' || isJsonObject(choice);
}

function writeTool(tool: JsonObject): JsonObject {
  const given = isJsonObject(tool['function']) ? tool['function'] : {};
  const { name, description, parameters } = given;
  const isStrict = given['strict'] === true;
  const schema = isJsonObject(parameters) ? parameters : {};
  const typed = { type: 'object', ...schema };
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    input_schema: isStrict ? narrowSchema(typed) : typed,
    ...(isStrict ? { strict: true } : {}),
  };
}

function writeChoice(choice: Json | undefined, isSingle: boolean): JsonObject | undefined {
  if (choice === 'none') return { type: 'none' };
  const single = isSingle ? { disable_parallel_tool_use: true } : {};
  if (choice === 'required') return { type: 'any', ...single };
  if (isJsonObject(choice)) {
    const named = isJsonObject(choice['function']) ? choice['function'] : {};
    return { type: 'tool', name: named['name'], ...single };
  }
  return choice === 'auto' || isSingle ? { type: 'auto', ...single } : undefined;
}
