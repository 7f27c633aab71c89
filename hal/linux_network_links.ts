import { HardwareError } from "../gateway/core/errors.ts";
import { HAL_LIMITS } from "./limits.ts";
import { type NetworkLink, NetworkLinkList, type NetworkLinks } from "./network_links.ts";
import { check } from "./schema.ts";
import type { ToolRunner } from "./tool.ts";

/** Reads the interfaces with `ip -json link` (iproute2). */
export class LinuxNetworkLinks implements NetworkLinks {
  readonly #run: ToolRunner;

  constructor(run: ToolRunner) {
    this.#run = run;
  }

  async list(): Promise<readonly NetworkLink[]> {
    const output = await this.#run({ program: "ip", args: ["-json", "link", "show"] });
    try {
      return parseLinks(JSON.parse(new TextDecoder().decode(output)));
    } catch (error) {
      throw new HardwareError("HAL_TOOL_FAILED", "Cannot read the answer of `ip -json link show`", { cause: error });
    }
  }
}

/** Turns the parsed output of `ip -json link` into links. @throws ProtocolError HAL_BAD_VALUE */
export function parseLinks(value: unknown): readonly NetworkLink[] {
  const rows = Array.isArray(value) ? value.slice(0, HAL_LIMITS.links) : value;
  if (!Array.isArray(rows)) return check(NetworkLinkList, rows);
  return check(
    NetworkLinkList,
    rows.map((row: Record<string, unknown>) => {
      const flags: readonly unknown[] = Array.isArray(row.flags) ? row.flags : [];
      return {
        index: row.ifindex,
        name: row.ifname,
        mac: row.link_type === "ether" || row.link_type === "loopback" ? row.address : "",
        mtu: row.mtu,
        up: flags.includes("UP"),
        carrier: flags.includes("LOWER_UP"),
      };
    }),
  );
}
