import { invalidArgType, invalidArgValue } from '../errors/argument-errors.ts';

/** The options that most calls share. */
export interface CommonOptions {
  readonly encoding?: BufferEncoding | 'buffer' | null;
  readonly signal?: AbortSignal;
  readonly [option: string]: unknown;
}

/**
 * Options of a call: an object, a string that is the encoding, or nothing.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for an encoding that is none
 */
export function optionsArgument(options: unknown, defaults: CommonOptions = {}): CommonOptions {
  if (options === undefined || options === null || typeof options === 'function') return defaults;
  if (typeof options === 'string') {
    if (options !== 'buffer') encodingArgument(options);
    return { ...defaults, encoding: options as BufferEncoding };
  }
  if (typeof options !== 'object') throw invalidArgType('options', ['string', 'Object'], options);
  // Checked here as far as every call checks it; the caller of this function checks what is its own.
  const given = options as CommonOptions;
  if (given.encoding !== 'buffer') encodingArgument(given.encoding);
  if (given.signal !== undefined) signalArgument(given.signal, 'options.signal');
  return given;
}

function encodingArgument(encoding: unknown): void {
  if (encoding && !Buffer.isEncoding(encoding as string)) {
    throw invalidArgValue('encoding', encoding, 'is invalid encoding');
  }
}

export function booleanArgument(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw invalidArgType(name, ['boolean'], value);
  return value;
}

export function stringArgument(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalidArgType(name, ['string'], value);
  return value;
}

/** One of some words. */
export function oneOfArgument<T extends string>(value: unknown, name: string, words: readonly T[]): T {
  const word = words.find((known) => known === value);
  if (word !== undefined) return word;
  throw invalidArgValue(name, value, `must be one of: ${words.map((known) => `'${known}'`).join(', ')}`);
}

export function signalArgument(value: unknown, name: string): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (value === null || typeof value !== 'object' || !('aborted' in value)) {
    throw invalidArgType(name, ['AbortSignal'], value);
  }
  return value as AbortSignal;
}

/** A plain object of options. @param nullable whether null is taken too */
export function objectArgument(value: unknown, name: string, nullable = false): Readonly<Record<string, unknown>> {
  if (nullable && value === null) return {};
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidArgType(name, ['Object'], value);
  }
  return value as Readonly<Record<string, unknown>>;
}

// biome-ignore lint/complexity/noBannedTypes: a caller's function, of whatever shape; its calls check the rest
export function functionArgument<F extends Function>(value: unknown, name: string): F {
  if (typeof value !== 'function') throw invalidArgType(name, ['Function'], value);
  return value as F;
}
