/** What a route answers with; sent by resource.ts. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  readonly type?: string;
}

/** An answer that ends a request early. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`);
    this.answer = answer;
  }
}

/** Seahub's error shape (seafile-api 0.3). */
export function fail(status: number, message: string): Refusal {
  return new Refusal({ status, json: { error_msg: message } });
}

/** The REST framework's error shape: sign-in, throttling, method (seafile-api 0.3). */
export function detail(status: number, text: string): Refusal {
  return new Refusal({ status, json: { detail: text } });
}

/** JSON as most views of api2 send it. */
export const JSON_UTF8 = 'application/json; charset=utf-8';

/** An answer labelled {@link JSON_UTF8}. */
export function utf8(json: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { json, type: JSON_UTF8, headers };
}

/** Django's page for what went wrong inside a view (seafile-api 0.3). */
export function page(status: number, title: string, text: string): Answer {
  const html = `<!DOCTYPE html>\n<html lang="en">\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<p>${text}</p>\n</body>\n</html>\n`;
  return { status, text: html, type: 'text/html; charset=utf-8' };
}

export const unavailable = (): Refusal =>
  new Refusal(page(500, 'Page unavailable', 'Sorry, but the requested page is unavailable due to a server hiccup.'));
