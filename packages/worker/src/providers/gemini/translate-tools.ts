/** Tools and the choice among them. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { asObjects } from '../answers/json-list.ts';

/** `tools` and `toolConfig` of the request; empty for one without tools. */
export function translateTools(body: JsonObject): JsonObject {
  const { tools, tool_choice: choice } = body;
  const functions = asObjects(tools).flatMap((tool) => declarationsOf(tool['function']));
  if (functions.length === 0) return {};
  const config = callingConfig(choice);
  return {
    tools: [{ functionDeclarations: functions }],
    ...(config === undefined ? {} : { toolConfig: { functionCallingConfig: config } }),
  };
}

/** The schema of the parameters goes as it is: the API reads JSON Schema under this name. */
function declarationsOf(described: Json | undefined): readonly JsonObject[] {
  if (!isJsonObject(described)) return [];
  const { name, description, parameters } = described;
  return [
    {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      ...(isJsonObject(parameters) ? { parametersJsonSchema: parameters } : {}),
    },
  ];
}

function callingConfig(choice: Json | undefined): JsonObject | undefined {
  if (choice === 'auto') return { mode: 'AUTO' };
  if (choice === 'none') return { mode: 'NONE' };
  if (choice === 'required') return { mode: 'ANY' };
  if (!isJsonObject(choice)) return undefined;
  return { mode: 'ANY', allowedFunctionNames: namedFunctions(choice) };
}

function namedFunctions(choice: JsonObject): readonly Json[] {
  const allowed = choice['allowed_tools'];
  const named = isJsonObject(allowed) ? allowed['tools'] : [choice];
  return asObjects(named).flatMap((tool) => {
    const name = isJsonObject(tool['function']) ? tool['function']['name'] : tool['name'];
    return name === undefined ? [] : [name];
  });
}
