/** How a command ends, for scripts. docs/CLI.md has the same table. */
export const EXIT = {
  ok: 0,
  /** Whatever has no code of its own: the server failed, the disk is full, a bug. */
  failed: 1,
  /** The command line, a path, a name or the configuration is wrong; nothing was asked of the server. */
  usage: 2,
  /** The space, the library, the file or the mount does not exist. */
  notFound: 3,
  /** No credentials, or the server does not take them. */
  signIn: 4,
  /** Signed in, but not allowed; or the library is encrypted. */
  notPermitted: 5,
  /** The server cannot be reached, or what answers is not Seafile. */
  unreachable: 6,
  /** Changes are not on the server yet; they are kept on this machine. */
  pending: 7,
  /** The mount point or FUSE is not ready for a mount. */
  mount: 8,
  /** Something else has it: another process serves the space, files are open, a name is taken. */
  busy: 9,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
