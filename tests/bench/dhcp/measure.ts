import type { TestNet } from "../../support/test_net.ts";

/** What one run of perfdhcp showed. */
export interface Measured {
  readonly leasesPerSecond: number;
  readonly lostPercent: number;
  /** Mean delay from DISCOVER to OFFER, and from REQUEST to ACK. */
  readonly offerMs: number;
  readonly ackMs: number;
  /** Processor time of the server's processes, kernel included. */
  readonly cpuMsPerLease: number;
  readonly rssMiB: number;
}

/** Clock ticks of /proc/PID/stat per second on Linux. */
const TICKS = 100;

/** Runs perfdhcp at a rate and looks at the processes of the server before and after. */
export async function measure(
  net: TestNet,
  station: string,
  rate: number,
  seconds: number,
  pids: readonly number[],
): Promise<Measured> {
  const before = await cpuMs(pids);
  const args = [
    "-4",
    "-l",
    "ot0",
    "-r",
    String(rate),
    "-R",
    "200000",
    "-p",
    String(seconds),
    "-W",
    "1000000",
    "10.20.0.1",
  ];
  const { stdout } = await net.run(station, "perfdhcp", ...args);
  const used = await cpuMs(pids) - before;
  const all = (pattern: RegExp) => [...stdout.matchAll(pattern)].map(([, value]) => Number(value));
  const [sent = 0] = all(/sent packets: (\d+)/g);
  const leases = all(/received packets: (\d+)/g)[1] ?? 0;
  const [offerMs = NaN, ackMs = NaN] = all(/avg delay: ([\d.]+)/g);
  if (leases === 0) throw new Error(`perfdhcp got no lease:\n${stdout}`);
  return {
    leasesPerSecond: leases / seconds,
    lostPercent: sent === 0 ? 100 : (1 - leases / sent) * 100,
    offerMs,
    ackMs,
    cpuMsPerLease: used / leases,
    rssMiB: await rssMiB(pids),
  };
}

async function cpuMs(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(async (pid) => {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 1_000 / TICKS;
  }));
  return each.reduce((sum, ms) => sum + ms, 0);
}

async function rssMiB(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(async (pid) => {
    return Number(/VmRSS:\s+(\d+) kB/.exec(await Deno.readTextFile(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024;
  }));
  return each.reduce((sum, mib) => sum + mib, 0);
}
