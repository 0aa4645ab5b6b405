/** What every example is told by its environment: where Forebay is and how to get in. */

/** @throws Error that says which variable to set. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new Error(`${name} is not set. Take its value from the ready line of "npm start".`);
}

export const url = setting('FOREBAY_URL');
export const apiKey = setting('FOREBAY_API_KEY');
