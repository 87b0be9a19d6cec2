/** How the recordings write a name. */
export const placeholder = (name: string): string => `\${${name}}`;

/** The values that `${NAME}` stands for in the recordings. */
export class Names {
  readonly #values = new Map<string, string>();

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** Puts the values in. @throws when a name has none yet */
  fill(text: string): string {
    return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const value = this.#values.get(name);
      if (value === undefined) throw new Error(`nothing is known of \${${name}}`);
      return value;
    });
  }

  /** @throws when the name has no value yet */
  need(name: string): string {
    return this.fill(placeholder(name));
  }

  /** {@link fill} for every string of a JSON value, keys included. */
  fillAll(value: unknown): unknown {
    if (typeof value === 'string') return this.fill(value);
    if (Array.isArray(value)) return value.map((each) => this.fillAll(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [this.fill(key), this.fillAll(each)]));
  }

  /**
   * Learns the names that an expected value mentions first, from where they stand in an actual one.
   *
   * @param captures names that may be learnt
   */
  learn(expected: unknown, actual: unknown, captures: readonly string[]): void {
    if (typeof expected === 'string' && typeof actual === 'string') this.#learnText(expected, actual, captures);
    else if (Array.isArray(expected) && Array.isArray(actual)) {
      expected.forEach((each, index) => {
        this.learn(each, actual[index], captures);
      });
    } else if (isObject(expected) && isObject(actual)) {
      for (const [key, each] of Object.entries(expected)) this.learn(each, actual[key], captures);
    }
  }

  #learnText(expected: string, actual: string, captures: readonly string[]): void {
    const found: string[] = [];
    const parts = expected.split(/(\$\{\w+\})/).map((part) => {
      const name = /^\$\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return quoted(part);
      const known = this.#values.get(name);
      if (known !== undefined) return quoted(known);
      if (!captures.includes(name)) return '.*';
      found.push(name);
      return '(.+)';
    });
    const match = new RegExp(`^${parts.join('')}$`, 's').exec(actual);
    found.forEach((name, index) => {
      const value = match?.[index + 1];
      if (value !== undefined && !this.#values.has(name)) this.#values.set(name, value);
    });
  }
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
