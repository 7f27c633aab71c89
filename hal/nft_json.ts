import { HardwareError } from "../gateway/core/errors.ts";
import { DeniedFlow, type FirewallOpening } from "./firewall.ts";
import { check } from "./schema.ts";

/** An element of the set of openings, as nft writes it. The schema lets nothing but addresses and a number through. */
export function elementText({ source, station, port }: FirewallOpening): string {
  return `${source} . ${station} . ${port}`;
}

/** Packets of every named counter in the output of `nft -j list counters`. @throws HardwareError HAL_TOOL_FAILED */
export function parseCounters(output: Uint8Array): Readonly<Record<string, number>> {
  const counters = objectsOf(output, "counter").map((counter): [string, number] => {
    const { name, packets } = counter as { readonly name?: unknown; readonly packets?: unknown };
    if (typeof name !== "string" || typeof packets !== "number") throw unreadable("a counter without name or packets");
    return [name, packets];
  });
  return Object.fromEntries(counters);
}

/** The elements of a set of denied flows in the output of `nft -j list set`. @throws HardwareError HAL_TOOL_FAILED */
export function parseDenied(output: Uint8Array): readonly DeniedFlow[] {
  return objectsOf(output, "set").flatMap((set) => {
    const { elem = [] } = set as { readonly elem?: unknown };
    if (!Array.isArray(elem)) throw unreadable("a set whose elements are no list");
    return elem.map((each) => {
      const { val, counter } = each?.elem ?? {};
      const [name, source, destination, protocol, port] = val?.concat ?? [];
      try {
        return check(DeniedFlow, {
          interface: name,
          source,
          destination,
          protocol: String(protocol),
          port,
          packets: counter?.packets,
        });
      } catch (error) {
        throw unreadable("an element of another form", error);
      }
    });
  });
}

function objectsOf(output: Uint8Array, kind: "counter" | "set"): unknown[] {
  try {
    const { nftables } = JSON.parse(new TextDecoder().decode(output));
    return nftables.filter((each: object) => kind in each).map((each: Record<string, unknown>) => each[kind]);
  } catch (error) {
    throw unreadable("no list", error);
  }
}

function unreadable(what: string, cause?: unknown): HardwareError {
  return new HardwareError("HAL_TOOL_FAILED", `Cannot read the answer of \`nft -j\`: ${what}`, { cause });
}
