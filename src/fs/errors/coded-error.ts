/** An error of Node's own kind: a `code`, and a name that shows it. */
export interface CodedError extends Error {
  code: string;
}

/**
 * Makes an error as Node's internals do: `code` is an own property, and the stack starts with `TypeError [CODE]:`
 * although `name` is the class's.
 *
 * @param Base     the class: TypeError, RangeError or Error
 * @param code     Node's documented code, `ERR_...`
 * @param message  Node's wording; programs match on it
 */
export function codedError(Base: new (message: string) => Error, code: string, message: string): CodedError {
  const error = new Base(message);
  const { name } = error;
  error.name = `${name} [${code}]`;
  // V8 renders the stack's first line when it is first read.
  void error.stack;
  Reflect.deleteProperty(error, 'name');
  const shown = (): string => `${name} [${code}]: ${message}`;
  Object.defineProperty(error, 'toString', { value: shown, writable: true, configurable: true });
  return Object.assign(error, { code });
}
