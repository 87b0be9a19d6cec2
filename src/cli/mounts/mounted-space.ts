import type { Drive, Logger, OpenVolume, Space } from '../../drive/index.ts';
import { cleanMountpoint, type Mount } from '../../mount/index.ts';
import type { Context } from '../context.ts';
import type { MountStatus, Pending } from '../control/protocol.ts';
import { ControlServer, type ControlService } from '../control/server.ts';
import { CliError, describeFailure } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { SpaceFiles } from '../files/space-files.ts';
import { VolumeFiles } from '../files/volume-files.ts';
import { connectDrive } from '../options/connection.ts';
import { identityOf } from '../options/identity.ts';
import { count, formatBytes } from '../output.ts';
import { doneWithin } from './deadline.ts';
import type { MountRequest } from './mount-request.ts';
import { MountRegistry } from './registry.ts';

/** How long a process that is told to end tries to send what is pending. It is kept on this machine in any case. */
const LAST_SEND_MS = 60_000;
/** How long what still uses the mount is waited for after it was hidden. */
const LAST_USER_MS = 2_000;
const CLOSE_MS = 5_000;

interface Parts {
  readonly request: MountRequest;
  readonly drive: Drive;
  readonly space: Space;
  readonly volume: OpenVolume;
  readonly mount: Mount;
  readonly logger: Logger;
  readonly redact: (text: string) => string;
}

/** A space mounted by this process, with the socket that commands talk to. */
export class MountedSpace implements ControlService {
  readonly files: SpaceFiles;
  readonly #parts: Parts;
  readonly #registry: MountRegistry;
  readonly #control: ControlServer;
  readonly #startedAt = new Date().toISOString();
  #ended: (exitCode: ExitCode) => void = () => undefined;
  #ending = false;
  /** Settles when the mount has ended, however it came: how the process should exit. */
  readonly ended: Promise<ExitCode>;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#registry = new MountRegistry(parts.request.directories.runtime);
    this.#control = new ControlServer(this, parts.redact);
    this.files = new VolumeFiles(parts.volume.fs.promises, {
      sync: () => this.#syncAll(),
      close: async () => undefined,
      sentBytes: () => null,
    });
    this.ended = new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  /**
   * Signs in, opens the space and mounts it.
   *
   * @returns once the mount answers, and commands find it
   */
  static async start(request: MountRequest, context: Context, logger: Logger): Promise<MountedSpace> {
    const registry = new MountRegistry(request.directories.runtime);
    await registry.prepare();
    const { driver, allowNonEmpty = false } = request.options;
    // Before anything is asked of the server: the space may well be in use by the very mount that is there already.
    if (driver !== 'fuse-native') await cleanMountpoint(request.mountpoint, { allowNonEmpty });
    const drive = await connectDrive(request.signIn, context, logger);
    try {
      const { signal } = context;
      const space = await drive.space(request.space, { create: request.create, signal });
      const volume = await space.open({
        durability: request.durability,
        readOnly: request.readOnly,
        symlinks: request.symlinks,
      });
      const mount = await volume.mount(request.mountpoint, {
        ...request.options,
        // This process does nothing else, and never looks into its mount.
        thread: 'caller',
        ...(request.readOnly ? { readOnly: true } : {}),
        log: (message) => logger.warn({}, message),
      });
      const redact = (text: string): string => context.redactor.redact(text);
      const mounted = new MountedSpace({ request, drive, space, volume, mount, logger, redact });
      await mounted.#announce();
      return mounted;
    } catch (error) {
      await doneWithin(drive.close(), CLOSE_MS).catch((closing: unknown) => {
        logger.warn({}, `closing after a failed start: ${describeFailure(closing).line}`);
      });
      throw error;
    }
  }

  async status(): Promise<MountStatus> {
    const { request, drive, space, volume, mount } = this.#parts;
    const { way, durability, readOnly, conflicts, lastError, directory } = volume.status();
    return {
      mountpoint: mount.mountpoint,
      space: space.path,
      server: drive.server,
      account: drive.account.email,
      library: { id: space.library.id, name: space.library.name },
      way,
      readOnly,
      durability,
      pid: process.pid,
      startedAt: this.#startedAt,
      pending: this.#pending(),
      conflicts: conflicts.map(({ path, kind, copy }) => `${path} (${kind}${copy === null ? '' : `: ${copy}`})`),
      lastError: lastError === null ? null : this.#parts.redact(lastError),
      cache: directory,
      log: request.log,
    };
  }

  async sync(timeoutMs: number | undefined, signal: AbortSignal): Promise<Pending> {
    await doneWithin(this.#syncAll(), timeoutMs ?? Number.POSITIVE_INFINITY, signal);
    return this.#pending();
  }

  async unmount(
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly pending: Pending; readonly cache: string }> {
    const { volume, mount, logger } = this.#parts;
    const deadline = performance.now() + timeoutMs;
    // Most of it goes while the mount is still there: if it is busy, nothing has changed for its users.
    await this.#send(timeoutMs, signal);
    this.#ending = true;
    try {
      await mount.unmount();
    } catch (error) {
      this.#ending = false;
      throw error;
    }
    await this.#send(Math.max(deadline - performance.now(), 0), signal);
    const pending = this.#pending();
    logger.info({ pending }, 'unmounted by command');
    // After the answer is on its way.
    setImmediate(() => void this.#finish(pending.changes > 0 ? EXIT.pending : EXIT.ok));
    return { pending, cache: volume.status().directory };
  }

  share(path: string, request: { readonly user: string; readonly permission: 'r' | 'rw' }): Promise<void> {
    return this.#parts.space.share(path, request);
  }

  shares(path: string): Promise<readonly unknown[]> {
    return this.#parts.space.shares(path);
  }

  unshare(path: string, user: string): Promise<boolean> {
    return this.#parts.space.unshare(path, user);
  }

  /** Unmounts whatever uses the mount, sends what is pending, and ends. */
  async stop(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const { mount, logger } = this.#parts;
    try {
      await mount.unmount();
    } catch (error) {
      logger.warn({}, `${describeFailure(error).line}; it is taken away all the same`);
      await this.#hide();
    }
    await this.#sendAndFinish();
  }

  /** Takes the mount away from its directory though something uses it: the process is about to end. */
  async #hide(): Promise<void> {
    const { mount, logger } = this.#parts;
    try {
      await mount.unmount({ lazy: true });
      await doneWithin(mount.closed, LAST_USER_MS);
    } catch (error) {
      // The directory is left with a dead mount, which the next mount or unmount cleans up.
      logger.error({}, describeFailure(error).line);
    }
  }

  async #announce(): Promise<void> {
    const { request, drive, space, mount, volume, logger } = this.#parts;
    const socket = this.#registry.socketFor(mount.mountpoint);
    await this.#control.listen(socket);
    await this.#registry.add({
      mountpoint: mount.mountpoint,
      pid: process.pid,
      socket,
      startedAt: this.#startedAt,
      log: request.log,
      server: drive.server,
      account: drive.account.email,
      identity: identityOf(request.signIn.credentials),
      library: { id: space.library.id, name: space.library.name, isDefault: space.library.isDefault },
      folder: [...space.folder],
      cache: volume.status().directory,
    });
    logger.info({ space: space.path, mountpoint: mount.mountpoint, pid: process.pid }, 'mounted');
    void mount.closed.then((how) => {
      if (this.#ending) return;
      this.#ending = true;
      logger.info({ how }, 'the mount was ended from outside');
      return this.#sendAndFinish();
    });
  }

  /** Waits for the server, and says in full why it did not take everything. */
  async #syncAll(): Promise<void> {
    try {
      await this.#parts.volume.sync();
    } catch (error) {
      const { changes, bytes } = this.#pending();
      throw new CliError(
        EXIT.pending,
        `${count(changes, 'change')} (${formatBytes(bytes)}) not on the server: ${describeFailure(error).line} They are kept in ${this.#parts.volume.status().directory} and tried again.`,
        { cause: error },
      );
    }
  }

  /** Sends what can be sent in a time; what is left stays pending. */
  async #send(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const { volume, logger } = this.#parts;
    try {
      await doneWithin(volume.sync(), timeoutMs, signal);
    } catch (error) {
      logger.error({}, this.#parts.redact(describeFailure(error).line));
    }
  }

  async #sendAndFinish(): Promise<void> {
    await this.#send(LAST_SEND_MS);
    const { changes, bytes } = this.#pending();
    if (changes > 0) {
      this.#parts.logger.error(
        {},
        `${count(changes, 'change')} (${formatBytes(bytes)}) not on the server; they are kept and sent at the next mount`,
      );
    }
    await this.#finish(changes > 0 ? EXIT.pending : EXIT.ok);
  }

  /** Lets go of everything. What hangs is left to the end of the process: nothing of it is needed any more. */
  async #finish(exitCode: ExitCode): Promise<void> {
    const { mount, drive, logger } = this.#parts;
    await this.#registry.remove(mount.mountpoint);
    await doneWithin(this.#control.close(), CLOSE_MS);
    try {
      await doneWithin(drive.close(), CLOSE_MS);
    } catch (error) {
      logger.error({}, this.#parts.redact(describeFailure(error).line));
    }
    this.#ended(exitCode);
  }

  #pending(): Pending {
    const { pending } = this.#parts.volume.status();
    return { changes: pending.length, bytes: pending.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
}
