/** A secret that does not print itself: not in logs, JSON, templates or the inspector. */
import { inspect } from 'node:util';

const shown = '[secret]';

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Hand it only to what needs it; never keep it in another value. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
