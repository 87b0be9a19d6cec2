import type { Fault, FaultRule } from './rules.ts';

/**
 * Reads a rule as the command line gives it: `KIND[=VALUE]`, then `,name=value` for each condition.
 *
 * Kinds: `status=503`, `throttled` or `throttled=SECONDS`, `reset-before`, `reset-within=BYTES`, `lost-reply`,
 * `delay=MS`, `trickle=BYTES_PER_SECOND`, `slow-upload=BYTES_PER_SECOND`, `revoke-tokens`, `forget-links`,
 * `collected`, `restart=MS_DOWN`. Conditions: `method`, `path` (a regular expression, without commas),
 * `probability`, `after`, `times`.
 *
 * @throws Error that says what is wrong
 */
export function parseFaultRule(text: string): FaultRule {
  const [first = '', ...conditions] = text.split(',');
  const rule: { -readonly [Key in keyof FaultRule]: FaultRule[Key] } = { fault: parseFault(first) };
  for (const condition of conditions) {
    const [name, value] = split(condition);
    if (value === undefined) throw new Error(`the condition "${condition}" of a fault has no value`);
    if (name === 'method') rule.method = value.toUpperCase();
    else if (name === 'path') rule.path = expression(value);
    else if (name === 'probability' || name === 'after' || name === 'times') rule[name] = number(name, value);
    else throw new Error(`no condition of a fault is called "${name}"`);
  }
  return rule;
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new Error(`path is no regular expression: ${error instanceof Error ? error.message : text}`);
  }
}

function parseFault(text: string): Fault {
  const [kind, value] = split(text);
  switch (kind) {
    case 'status':
      return { kind, status: number(kind, value) };
    case 'throttled':
      return value === undefined ? { kind } : { kind, retryAfterS: number(kind, value) };
    case 'reset-before':
    case 'lost-reply':
    case 'revoke-tokens':
    case 'forget-links':
    case 'collected':
      return { kind };
    case 'reset-within':
      return { kind, afterBytes: number(kind, value) };
    case 'delay':
      return { kind, ms: number(kind, value) };
    case 'trickle':
    case 'slow-upload':
      return { kind, bytesPerSecond: speed(kind, value) };
    case 'restart':
      return { kind, downMs: number(kind, value) };
    default:
      throw new Error(`no fault is called "${kind}"`);
  }
}

function split(text: string): [name: string, value: string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function speed(name: string, value: string | undefined): number {
  const read = number(name, value);
  if (read === 0) throw new Error(`${name} wants a number above 0`);
  return read;
}

function number(name: string, value: string | undefined): number {
  const read = Number(value);
  if (value === undefined || value === '' || !(read >= 0))
    throw new Error(`${name} wants a number, not "${value ?? ''}"`);
  return read;
}
