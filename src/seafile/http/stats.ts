/** What went over the wire since the transport was made. Bodies are counted, header lines are not. */
export interface TransportStats {
  /** Requests sent, repetitions included. */
  readonly requests: number;
  /** Requests that were sent again after a failure. */
  readonly repetitions: number;
  /** Answers that asked to wait (429). */
  readonly throttled: number;
  /** Bytes of bodies sent. */
  readonly bytesUp: number;
  /** Bytes of bodies received. */
  readonly bytesDown: number;
}

/** The same, while it is being counted. */
export type TransportCounters = { -readonly [K in keyof TransportStats]: TransportStats[K] };

export function newCounters(): TransportCounters {
  return { requests: 0, repetitions: 0, throttled: 0, bytesUp: 0, bytesDown: 0 };
}
