import { inspect } from 'node:util';
import { type CodedError, codedError } from './coded-error.ts';

/** Names of expectations that are primitive types; Node words those differently from classes. */
const primitiveTypes = new Set(['string', 'function', 'number', 'object', 'Function', 'Object', 'boolean', 'bigint']);
const className = /^([A-Z][a-z0-9]*)+$/;

function list(items: readonly string[]): string {
  if (items.length <= 1) return items[0] ?? '';
  if (items.length === 2) return `${items[0]} or ${items[1]}`;
  return `${items.slice(0, -1).join(', ')}, or ${items.at(-1)}`;
}

function expectation(expected: readonly string[]): string {
  const types = expected.filter((name) => primitiveTypes.has(name)).map((name) => name.toLowerCase());
  const classes = expected.filter((name) => !primitiveTypes.has(name) && className.test(name));
  const others = expected.filter((name) => !primitiveTypes.has(name) && !className.test(name));
  if (classes.length > 0 && types.includes('object')) {
    types.splice(types.indexOf('object'), 1);
    classes.push('Object');
  }
  const parts: string[] = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? 'one of type' : 'of type'} ${list(types)}`);
  if (classes.length > 0) parts.push(`an instance of ${list(classes)}`);
  const [other] = others;
  if (others.length > 1) parts.push(`one of ${list(others)}`);
  else if (other !== undefined) parts.push(other.toLowerCase() === other ? other : `an ${other}`);
  return parts.join(' or ');
}

/** How Node's messages tell what a caller passed. */
function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    const name: unknown = value.constructor?.name;
    return typeof name === 'string' ? `an instance of ${name}` : inspect(value, { depth: -1 });
  }
  if (typeof value === 'string') {
    const start = value.length > 28 ? `${value.slice(0, 25)}...` : value;
    return `type string (${start.includes("'") ? JSON.stringify(start) : `'${start}'`})`;
  }
  return `type ${typeof value} (${inspect(value)})`;
}

function argumentOrProperty(name: string): string {
  return name.includes('.') ? 'property' : 'argument';
}

/** ERR_INVALID_ARG_TYPE. @param expected names of types and classes, as Node's messages give them */
export function invalidArgType(name: string, expected: readonly string[], actual: unknown): CodedError {
  const message = `The "${name}" ${argumentOrProperty(name)} must be ${expectation(expected)}. Received ${received(actual)}`;
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', message);
}

/** ERR_INVALID_ARG_VALUE. @param reason what is wrong with the value, as a predicate: `is invalid` */
export function invalidArgValue(name: string, value: unknown, reason = 'is invalid'): CodedError {
  const shown = inspect(value);
  const cut = shown.length > 128 ? `${shown.slice(0, 128)}...` : shown;
  const message = `The ${argumentOrProperty(name)} '${name}' ${reason}. Received ${cut}`;
  return codedError(TypeError, 'ERR_INVALID_ARG_VALUE', message);
}

/** `1234567` as `1_234_567`: how Node's messages show numbers beyond 32 bits. */
function separated(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, '_');
}

/** ERR_OUT_OF_RANGE. @param range what it must be: `>= 0`, `an integer` */
export function outOfRange(name: string, range: string, value: unknown): CodedError {
  let shown: string;
  if (typeof value === 'bigint') {
    const beyond = value > 2n ** 32n || value < -(2n ** 32n);
    shown = `${beyond ? separated(String(value)) : value}n`;
  } else if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > 2 ** 32) {
    shown = separated(String(value));
  } else {
    shown = inspect(value);
  }
  return codedError(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`,
  );
}

/** ERR_INCOMPATIBLE_OPTION_PAIR. */
export function incompatibleOptions(one: string, other: string): CodedError {
  return codedError(
    TypeError,
    'ERR_INCOMPATIBLE_OPTION_PAIR',
    `Option "${one}" cannot be used in combination with option "${other}"`,
  );
}
