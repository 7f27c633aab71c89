import process from "node:process";

/** Ticks of the kernel in one second, as Linux tells them to programs on every machine of today. */
const TICKS = 100;

/** Processor seconds that this process has used, all its threads together. */
export function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Processor seconds of programs that this process started and that have ended. */
export function endedSeconds(): number {
  return secondsOf("self", 13);
}

/** Processor seconds of another process so far. */
export function secondsOfProcess(pid: number): number {
  return secondsOf(String(pid), 11);
}

/** The first child of a process, such as the only worker of nginx. */
export function childOf(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim().split(" ")[0]);
}

/** proc(5): from the state on, the fields follow the name in brackets; user time first, then the kernel's. */
function secondsOf(name: string, at: number): number {
  const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[at]) + Number(fields[at + 1])) / TICKS;
}
