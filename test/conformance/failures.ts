import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** What a program can see of an error. */
export interface Seen {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly syscall?: unknown;
  readonly path?: unknown;
  readonly dest?: unknown;
}

/** What is seen of an error; what is absent is left out. */
export function seen(error: unknown): Seen {
  if (!(error instanceof Error)) throw new Error(`no error was thrown but ${String(error)}`);
  const { name, message } = error;
  const own: Record<string, unknown> = { name, message };
  for (const field of ['code', 'errno', 'syscall', 'path', 'dest']) {
    if (field in error) own[field] = Reflect.get(error, field);
  }
  return own as unknown as Seen;
}

/** The error that something ends with. */
export async function failureOf(action: () => unknown): Promise<Seen> {
  let result: unknown;
  try {
    result = await action();
  } catch (error) {
    return seen(error);
  }
  throw new Error(`expected a failure, got ${String(result)}`);
}

type ErrnoName = keyof typeof constants.errno;

/** The error of a system call as Node makes it. */
export function systemFailure(code: ErrnoName, syscall: string, path?: string, dest?: string): Seen {
  const errno = -constants.errno[code];
  const [, text] = getSystemErrorMap().get(errno) ?? [];
  let message = `${code}: ${text}, ${syscall}`;
  if (path !== undefined) message += ` '${path}'`;
  if (dest !== undefined) message += ` -> '${dest}'`;
  return {
    name: 'Error',
    message,
    code,
    errno,
    syscall,
    ...(path === undefined ? {} : { path }),
    ...(dest === undefined ? {} : { dest }),
  };
}
