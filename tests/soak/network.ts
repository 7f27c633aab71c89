import { runCommand, runOk } from "../support/run_command.ts";

/** What can be done to the packets of this network namespace; everything here runs over its loopback. */
export interface Network {
  /** How packets are lost: "netem" where the kernel has it, else "nftables". */
  readonly by: "netem" | "nftables";
  /** Loses this share of all packets, until `heal`. */
  lose(percent: number): Promise<void>;
  /** Lets nothing through to or from this TCP port, until `heal`. */
  silence(port: number): Promise<void>;
  heal(): Promise<void>;
}

const CLEAN = ["nft", "delete", "table", "inet", "soak"] as const;

/** The network of this process, which must be in a namespace of its own and root there. */
export async function openNetwork(): Promise<Network> {
  const hasNetem = (await runCommand(["tc", "qdisc", "add", "dev", "lo", "root", "netem", "loss", "0%"])).code === 0;
  const filter = (rule: string) =>
    runOk(["nft", "-f", "-"], {
      stdin: `table inet soak {\n  chain in {\n    type filter hook input priority 0;\n    ${rule}\n  }\n}\n`,
    });
  return {
    by: hasNetem ? "netem" : "nftables",
    async lose(percent) {
      if (hasNetem) await runOk(["tc", "qdisc", "change", "dev", "lo", "root", "netem", "loss", `${percent}%`]);
      else await filter(`meta l4proto tcp numgen random mod 100 < ${percent} drop`);
    },
    async silence(port) {
      await filter(`tcp dport ${port} drop\n    tcp sport ${port} drop`);
    },
    async heal() {
      await runCommand([...CLEAN]); // it may not be there
      if (hasNetem) await runOk(["tc", "qdisc", "change", "dev", "lo", "root", "netem", "loss", "0%"]);
    },
  };
}

/**
 * Runs a program of this repository in a network namespace of its own, where packets can be lost without disturbing
 * anybody, and where what it mounts is seen by nobody else. Needs root.
 */
export async function runInOwnNetwork(script: URL, args: readonly string[]): Promise<number> {
  const inside = `ip link set lo up && exec "$0" "$@"`;
  const command = [Deno.execPath(), "run", "--no-prompt", "-q", "-A", script.pathname, ...args];
  const child = new Deno.Command("unshare", {
    args: ["--net", "--mount", "--propagation", "private", "sh", "-c", inside, ...command],
    stdin: "null",
  }).spawn();
  return (await child.status).code;
}
