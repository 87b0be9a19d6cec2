import type { z } from 'zod';
import type { Account } from '../auth/index.ts';
import { SeafileError } from '../errors.ts';
import type { HttpAnswer, HttpRequest } from '../http/index.ts';
import { answerJson } from '../http/json.ts';
import type { Server } from '../server.ts';

/** One call of the web API. */
export interface WebCall {
  /** What is tried, for messages: "list the folder /a". */
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the server, without a slash in front, with the final slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent form-encoded: the old API ignores JSON bodies (seafile-api 0.2). */
  readonly form?: Readonly<Record<string, string>>;
  readonly repeatable: boolean;
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** The web API of a server as one account: adds the token, and replaces it once when the server refuses it. */
export class WebClient {
  readonly account: Account;

  constructor(account: Account) {
    this.account = account;
  }

  get server(): Server {
    return this.account.server;
  }

  async call(call: WebCall): Promise<HttpAnswer> {
    const { token } = this.account;
    const { transport } = this.server;
    try {
      return await transport.request(this.#request(call, token.reveal()));
    } catch (error) {
      if (!(error instanceof SeafileError) || error.kind !== 'unauthorized') throw error;
      // Refused before anything was done, so any call may be made again.
      const renewed = await this.account.renew(token);
      return transport.request(this.#request(call, renewed.reveal()));
    }
  }

  /** Makes a call and reads its answer as JSON of a certain form. */
  async json<T>(call: WebCall, schema: z.ZodType<T>): Promise<T> {
    return this.read(call, await this.call(call), schema);
  }

  /** Reads an answer that is at hand already. */
  read<T>(call: WebCall, answer: HttpAnswer, schema: z.ZodType<T>): T {
    return answerJson({ what: call.what, method: call.method, url: this.server.at(call.path) }, answer, schema);
  }

  #request(call: WebCall, token: string): HttpRequest {
    return {
      what: call.what,
      method: call.method,
      url: this.server.at(call.path, call.query),
      side: 'web',
      headers: {
        authorization: `Token ${token}`,
        ...(call.form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(call.form ? { body: Buffer.from(new URLSearchParams(call.form).toString()) } : {}),
      repeatable: call.repeatable,
      ...(call.accept ? { accept: call.accept } : {}),
      signal: call.signal,
    };
  }
}
