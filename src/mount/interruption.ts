import { readFileSync } from 'node:fs';

/** Why a caller may want to be let go: it is about to end, or it was asked to stop what it does, or neither. */
export type Verdict = 'dying' | 'asked' | 'waits';

const SIGHUP = 1;
const SIGINT = 2;
const SIGQUIT = 3;
const SIGKILL = 9;
const SIGTERM = 15;
/** SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH: their default is not to end the process. */
const HARMLESS_BY_DEFAULT = mask(17, 18, 19, 20, 21, 22, 23, 28);
/** Signals by which a person or a supervisor stops a program. */
const REQUESTS_TO_STOP = mask(SIGHUP, SIGINT, SIGQUIT, SIGTERM);
/** Flag of a task that is on its way out (PF_EXITING), in /proc/PID/stat. */
const EXITING = 4;

/**
 * What the kernel's INTERRUPT means for a caller.
 *
 * The kernel sends it for any signal, also for those that a program handles on the side: timers, children that ended,
 * the preemption of Go's scheduler. On a local disk such a signal does not break off a call on a file; programs do not
 * expect EINTR from it.
 *
 * @param pid the calling thread; 0 when it is outside our process namespace
 */
export function judge(pid: number): Verdict {
  if (pid === 0) return 'dying';
  try {
    return judgeTask(readFileSync(`/proc/${pid}/status`, 'latin1'), readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    // The task is gone, or hidden from us: nobody waits, or nobody can be asked.
    return 'dying';
  }
}

/** The same from the texts of /proc/PID/status and /proc/PID/stat (proc_pid_status(5)). */
export function judgeTask(status: string, stat: string): Verdict {
  const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]);
  if ((flags & EXITING) !== 0) return 'dying';
  const blocked = signals(status, 'SigBlk') & ~mask(SIGKILL);
  const pending = (signals(status, 'SigPnd') | signals(status, 'ShdPnd')) & ~blocked;
  const caught = signals(status, 'SigCgt');
  if ((pending & ~caught & ~signals(status, 'SigIgn') & ~HARMLESS_BY_DEFAULT) !== 0n) return 'dying';
  return (pending & caught & REQUESTS_TO_STOP) !== 0n ? 'asked' : 'waits';
}

function signals(status: string, field: string): bigint {
  const digits = new RegExp(`^${field}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1];
  return digits === undefined ? 0n : BigInt(`0x${digits}`);
}

function mask(...numbers: readonly number[]): bigint {
  return numbers.reduce((bits, number) => bits | (1n << BigInt(number - 1)), 0n);
}
