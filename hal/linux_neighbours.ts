import { HardwareError } from "../gateway/core/errors.ts";
import { MAC_FORM, type Neighbours } from "./neighbours.ts";
import type { ToolRunner } from "./tool.ts";

/** States of an entry whose device did not answer, or need not (ip-neighbour(8)). */
const UNPROVEN: ReadonlySet<unknown> = new Set(["FAILED", "INCOMPLETE", "NOARP", "NONE"]);

/** Reads the neighbour table of the kernel with `ip -json neigh` (iproute2): ARP and NDP. */
export class LinuxNeighbours implements Neighbours {
  readonly #run: ToolRunner;

  constructor(run: ToolRunner) {
    this.#run = run;
  }

  async macOf(address: string): Promise<string | undefined> {
    const output = await this.#run({ program: "ip", args: ["-json", "neigh", "show", "to", address] });
    const text = new TextDecoder().decode(output).trim();
    try {
      return parseNeighbour(text === "" ? [] : JSON.parse(text), address);
    } catch (error) {
      throw new HardwareError("HAL_TOOL_FAILED", "Cannot read the answer of `ip -json neigh show`", { cause: error });
    }
  }
}

/**
 * The MAC of an address in the parsed output of `ip -json neigh`. Two devices that both answer for the address prove
 * neither of them: undefined. @throws TypeError when it is no list
 */
export function parseNeighbour(rows: unknown, address: string): string | undefined {
  if (!Array.isArray(rows)) throw new TypeError("no list");
  const macs = rows.filter((row) => row?.dst === address && isProven(row.state)).map((row) => row.lladdr);
  const [mac, ...others] = new Set(macs.filter((one) => typeof one === "string" && MAC_FORM.test(one)));
  return others.length === 0 ? mac : undefined;
}

function isProven(state: unknown): boolean {
  return Array.isArray(state) && state.length > 0 && !state.some((one) => UNPROVEN.has(one));
}
