/** A file or folder as `ls` shows it. */
export interface FileInfo {
  /** Relative to what was listed, names separated by slashes; `.` for the thing itself. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** Bytes; 0 for folders. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly mtimeMs: number;
  /** Nine bits. */
  readonly permissions: number;
}

/** A file that is being read. */
export interface FileContent {
  readonly info: FileInfo;
  /** The bytes in order; may be gone through once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** What a new file keeps from where it came. */
export interface FileAttributes {
  /** Milliseconds since 1970. */
  readonly mtimeMs?: number | undefined;
  /** Nine bits. */
  readonly permissions?: number | undefined;
}

/**
 * The files of a space as the file commands need them: directly, or through the process that has the space mounted.
 *
 * Paths are inside the space, with or without a leading slash. Failures are those of `node:fs`.
 */
export interface SpaceFiles {
  stat(path: string): Promise<FileInfo>;
  /** A folder's content, or the one file, ordered by path. */
  list(path: string, options: { readonly recursive: boolean }): Promise<readonly FileInfo[]>;
  read(path: string): Promise<FileContent>;
  /** Replaces or makes a file; it is seen under its name only when it is whole. */
  write(path: string, chunks: AsyncIterable<Uint8Array>, attributes: FileAttributes): Promise<void>;
  mkdir(path: string, options: { readonly parents: boolean }): Promise<void>;
  /** As rename(2): replaces a file or an empty folder. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string, options: { readonly recursive: boolean; readonly force: boolean }): Promise<void>;
  /** Resolves when everything written before is on the server. */
  sync(): Promise<void>;
  /** Bytes sent to the server so far, for progress bars; null when not known. */
  sentBytes(): number | null;
  close(): Promise<void>;
}
