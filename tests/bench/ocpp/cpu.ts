/** What the kernel has counted for one process tree member: CPU in microseconds and resident memory in bytes. */
export interface ProcessUsage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

/** Clock ticks per second of /proc/PID/stat; 100 on every Linux that Debian ships. */
const TICKS_PER_SECOND = 100;

/** Sums the usage of these processes, all their threads included. */
export function usageOf(pids: readonly number[]): ProcessUsage {
  const usages = pids.map((pid) => ({ cpuMicros: cpuOf(pid), rssBytes: rssOf(pid) }));
  return {
    cpuMicros: usages.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0),
    rssBytes: usages.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  };
}

function cpuOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name in brackets may hold spaces
  return (Number(fields[11]) + Number(fields[12])) * (1_000_000 / TICKS_PER_SECOND);
}

function rssOf(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
  return Number(found?.[1] ?? 0) * 1_024;
}

/** The processes that `pid` has started, itself included: nginx and a Deno task have children. */
export function processTree(pid: number): number[] {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
  return [pid, ...children === "" ? [] : children.split(" ").flatMap((child) => processTree(Number(child)))];
}
