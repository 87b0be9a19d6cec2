/** Deepest nesting of a body that is taken: no client sends more than three levels. */
const MAX_JSON_DEPTH = 32;

/** JSON that is nested deeper than any client's. */
export class JsonTooDeepError extends SyntaxError {
  override readonly name = 'JsonTooDeepError';

  constructor() {
    super(`nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
}

/**
 * Parses JSON that comes from outside: what walks the result later may go down it by recursion.
 *
 * @throws SyntaxError when it is no JSON, {@link JsonTooDeepError} when it is nested too deep
 */
export function parseJson(text: string): unknown {
  refuseDeep(text);
  return JSON.parse(text);
}

function refuseDeep(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        inString = !inString;
        break;
      case 0x5c: // a backslash: what follows it is no quote
        at++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (!inString && ++depth > MAX_JSON_DEPTH) throw new JsonTooDeepError();
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (!inString) depth--;
        break;
    }
  }
}
