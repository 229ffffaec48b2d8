import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of /proc/<pid>/stat on Linux, whatever the kernel's own. */
const TICK_US = 10_000;

/** Processor time of a process with all its threads, in µs, to 10 ms; 0 when it is gone. */
export function processCpuUs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  } catch {
    return 0;
  }
}

/** The same of one that has a single thread (a Postgres backend), to the nanosecond; null when it is gone. */
export function threadCpuUs(pid: number | string): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
  } catch {
    return null;
  }
}

/** Of all threads that live, to the nanosecond: for runs that are too short for clock ticks. */
export function threadsCpuUs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + (threadCpuUs(`${pid}/task/${thread}`) ?? 0), 0);
}

/** Largest resident size so far, in MiB; 0 when it is gone. */
export function peakRssMb(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export function processorsOf(): { model: string; count: number } {
  const text = readFileSync('/proc/cpuinfo', 'utf8');
  const count = text.match(/^processor\s/gm)?.length ?? 0;
  return { model: /^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? 'unknown', count };
}

/** Processes waiting for a processor beyond those running: what makes wall times of a shared machine worthless. */
export function loadAverage(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
}
