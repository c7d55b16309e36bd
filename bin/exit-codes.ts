/** What a calling script can tell apart. */
export const exitCodes = {
  ok: 0,
  /** the program, artifact or input is wrong */
  failed: 1,
  /** the command line is wrong */
  usage: 2,
  /** stopped by SIGINT or SIGTERM: 128 + signal number */
  interrupted: 130,
  terminated: 143,
} as const;
