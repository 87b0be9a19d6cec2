/** A request as the layers above make it. */
export interface HttpRequest {
  /** What is tried, for messages: "list the folder /a". Holds no secret. */
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  /**
   * Which part of the server answers: the web application or the file server. They differ in what a status means, and
   * only the web application counts requests (seafile-api 0.4, A.6).
   */
  readonly side: 'web' | 'file';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /**
   * Whether doing it twice is the same as doing it once. Only then is it sent again when it is unknown whether the
   * server got it.
   */
  readonly repeatable: boolean;
  /** Statuses outside 2xx that are handed to the caller as an answer. */
  readonly accept?: readonly number[];
  /** Bytes an answer may have at most. Default 256 MiB. */
  readonly maxAnswerBytes?: number;
  /** Takes the body of a good answer piece by piece, instead of the answer. */
  readonly receiver?: BodyReceiver;
  readonly signal?: AbortSignal | undefined;
}

/** Who takes a body as it arrives. */
export interface BodyReceiver {
  /** The body begins; once more when the request had to be repeated: what was taken before is void. */
  begin(): void;
  /** The next bytes; they may only be used during the call. */
  take(piece: Uint8Array): void;
}

/** An answer with its whole body, or with none when a receiver took it. */
export interface HttpAnswer {
  readonly status: number;
  /** @param name in lower case */
  header(name: string): string | null;
  readonly body: Uint8Array;
}

/** The body as text. */
export function answerText(answer: HttpAnswer): string {
  return Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength).toString('utf8');
}
