import { constants } from 'node:os';
import { type LocalBytes, VolumeError } from '../volume/index.ts';
import type { NativeChannel } from './native.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations/table.ts';
import { type PendingRequest, PendingRequests } from './pending.ts';
import { errnoOf } from './protocol/errno.ts';
import { OPCODE_LIMIT, Opcode, operationName } from './protocol/opcodes.ts';
import { REPLY_HEADER_BYTES, Reply } from './protocol/reply.ts';
import { Request } from './protocol/request.ts';
import type { Session } from './session.ts';

const { EINTR, EIO, ENODEV, ENOENT, ENOSYS } = constants.errno;
const SUCCESS = 0;

type ChannelIo = Pick<NativeChannel, 'buffer' | 'send' | 'sendWithData' | 'replyFromFile'>;

/** How the channel's memory is divided. */
export interface MemoryLayout {
  readonly slotCount: number;
  readonly slotBytes: number;
  readonly replyBytes: number;
}

/** What a mount has done so far. */
export interface DispatcherStats {
  /** Requests by the name of their operation. */
  readonly requests: Readonly<Record<string, number>>;
  /** Requests answered with an error, missing names not counted. */
  readonly errors: number;
  /** Requests that wait for an answer. */
  readonly pending: number;
}

/**
 * Takes requests from the channel's slots to their operations, and what comes out of them back to the kernel.
 *
 * What is in memory is answered before the call returns. Nothing here waits for libuv's thread pool: its threads may be
 * blocked in calls on this very mount.
 */
export class Dispatcher {
  readonly #channel: ChannelIo;
  readonly #session: Session;
  readonly #layout: MemoryLayout;
  readonly #request: Request;
  readonly #reply: Reply;
  readonly #log: (message: string) => void;
  readonly #pending = new PendingRequests((request) => this.#letGo(request));
  /** Slots that hold nothing and are not the one to be read into next. */
  readonly #freeSlots: number[] = [];
  readonly #counts = new Uint32Array(OPCODE_LIMIT);
  #errors = 0;

  constructor(channel: ChannelIo, session: Session, layout: MemoryLayout, log: (message: string) => void) {
    this.#channel = channel;
    this.#session = session;
    this.#layout = layout;
    this.#log = log;
    this.#request = new Request(channel.buffer);
    this.#reply = new Reply(channel.buffer, layout.slotCount * layout.slotBytes, layout.replyBytes);
    for (let slot = layout.slotCount - 1; slot > 0; slot--) this.#freeSlots.push(slot);
  }

  /**
   * Answers a request, or sees to it that it will be.
   *
   * @returns the slot for the next one
   */
  dispatch(slot: number, length: number): number {
    const request = this.#request;
    request.turnTo(slot * this.#layout.slotBytes, length);
    const { opcode } = request;
    if (opcode < OPCODE_LIMIT) (this.#counts[opcode] as number)++;
    if (opcode === Opcode.INTERRUPT) {
      this.#pending.interrupt(request.u64(0));
      return slot;
    }
    const operation = operations[opcode];
    const { uniqueLow, uniqueHigh } = request;
    if (operation === undefined) {
      this.#sendError(uniqueLow, uniqueHigh, ENOSYS);
      return slot;
    }
    const { invalidations } = this.#session;
    this.#session.lastSlot = this.#freeSlots.length === 0;
    invalidations.answering = true;
    let result: unknown;
    try {
      result = operation.run(request, this.#session);
    } catch (error) {
      this.#fail(operation, opcode, uniqueLow, uniqueHigh, error);
      return slot;
    } finally {
      invalidations.answering = false;
    }
    if (result instanceof Promise) return this.#pend(operation, result, slot);
    this.#complete(operation, opcode, uniqueLow, uniqueHigh, result);
    return slot;
  }

  stats(): DispatcherStats {
    const requests: Record<string, number> = {};
    this.#counts.forEach((count, opcode) => {
      if (count > 0) requests[operationName(opcode)] = count;
    });
    return { requests, errors: this.#errors, pending: this.#pending.size };
  }

  /** The connection is over: what waits is broken off. */
  close(): void {
    this.#pending.close();
  }

  #pend(operation: Operation<unknown>, result: Promise<unknown>, slot: number): number {
    const request = this.#request;
    const next = request.opcode === Opcode.WRITE ? this.#freeSlots.pop() : undefined;
    const pending: PendingRequest = {
      operation,
      opcode: request.opcode,
      unique: request.unique,
      uniqueLow: request.uniqueLow,
      uniqueHigh: request.uniqueHigh,
      pid: request.pid,
      nodes: [request.nodeId, ...operation.locks(request)],
      slot: next === undefined ? -1 : slot,
      abort: this.#session.takeAbortController(),
      answered: false,
    };
    this.#session.invalidations.hold(pending.nodes);
    this.#pending.add(pending, pending.opcode === Opcode.FLUSH);
    result.then(
      (value) => this.#settle(pending, () => this.#completePending(pending, value)),
      (error) => this.#settle(pending, () => this.#failPending(pending, error)),
    );
    return next ?? slot;
  }

  #settle(pending: PendingRequest, answer: () => void): void {
    this.#pending.delete(pending);
    if (pending.slot >= 0) this.#freeSlots.push(pending.slot);
    answer();
    if (!pending.answered) this.#session.invalidations.release(pending.nodes);
  }

  #completePending(pending: PendingRequest, value: unknown): void {
    const { operation, opcode, uniqueLow, uniqueHigh, answered } = pending;
    if (answered) operation.undo(value, this.#session, false);
    else this.#complete(operation, opcode, uniqueLow, uniqueHigh, value);
  }

  #failPending({ operation, opcode, uniqueLow, uniqueHigh, answered }: PendingRequest, error: unknown): void {
    // A caller that was let go has his EINTR; what became of the operation is the volume's to report.
    if (!answered) this.#fail(operation, opcode, uniqueLow, uniqueHigh, error);
  }

  #letGo(pending: PendingRequest): void {
    pending.answered = true;
    pending.abort?.abort();
    this.#sendError(pending.uniqueLow, pending.uniqueHigh, EINTR);
    this.#session.invalidations.release(pending.nodes);
  }

  #complete(operation: Operation<unknown>, opcode: number, low: number, high: number, value: unknown): void {
    let status: number;
    try {
      status = this.#send(operation, low, high, value);
    } catch (error) {
      operation.undo(value, this.#session, false);
      this.#fail(operation, opcode, low, high, error);
      return;
    }
    if (status === SUCCESS) return;
    operation.undo(value, this.#session, true);
    // The caller is gone, or the whole connection.
    if (status === ENOENT || status === ENODEV) return;
    this.#log(`the kernel refused the answer to ${operationName(opcode)} with error ${status}`);
    this.#sendError(low, high, EIO);
  }

  #send(operation: Operation<unknown>, low: number, high: number, value: unknown): number {
    const reply = this.#reply;
    switch (operation.kind) {
      case 'silent':
        return SUCCESS;
      case 'empty':
        return this.#channel.send(reply.header(low, high, 0, SUCCESS));
      case 'data': {
        const data = value as Uint8Array | LocalBytes;
        reply.header(low, high, data.length, SUCCESS);
        return data instanceof Uint8Array
          ? this.#channel.sendWithData(REPLY_HEADER_BYTES, data)
          : this.#sendFromFile(data);
      }
      case 'body': {
        const bodyBytes = operation.answer(reply, value, this.#session);
        return this.#channel.send(reply.header(low, high, bodyBytes, SUCCESS));
      }
    }
  }

  #sendFromFile({ fd, position, length }: LocalBytes): number {
    const status = this.#channel.replyFromFile(fd, position, length);
    if (status < 0) throw new VolumeError('EIO', `${length} bytes at ${position} of a local file cannot be read`);
    return status;
  }

  #fail(operation: Operation<unknown>, opcode: number, low: number, high: number, error: unknown): void {
    const errno = errnoOf(error);
    if (errno === null) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log(`${operationName(opcode)} failed for a reason that it should not have: ${reason}`);
    }
    if (operation.kind === 'silent') return;
    this.#sendError(low, high, errno ?? EIO);
  }

  #sendError(low: number, high: number, errno: number): void {
    if (errno !== ENOENT && errno !== ENOSYS) this.#errors++;
    // Refused only where the caller or the connection is gone: nobody is left to tell.
    this.#channel.send(this.#reply.header(low, high, 0, errno));
  }
}
