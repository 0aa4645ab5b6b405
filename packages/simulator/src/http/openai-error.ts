/** An error as the OpenAI service answers it. */
export interface Refusal {
  status: number;
  headers: Record<string, string>;
  error: { message: string; type: string; param: string | null; code: string | null };
}

/** A refusal of the commonest form. */
export function refusal(
  status: number,
  error: { message: string; type?: string; param?: string | null; code?: string | null },
  headers: Record<string, string> = {},
): Refusal {
  const { message, type = 'invalid_request_error', param = null, code = null } = error;
  return { status, headers, error: { message, type, param, code } };
}

/** A 400 for a field of the request. */
export function badRequest(message: string, param: string | null, code?: string): Refusal {
  return refusal(400, { message, param, code: code ?? null });
}

/** The JSON body of a refusal. */
export function refusalBody(given: Refusal): string {
  return JSON.stringify({ error: given.error }, null, 2);
}
