import type { Clock } from "../gateway/core/clock.ts";
import { HardwareError } from "../gateway/core/errors.ts";
import { openPacketLibc, type PacketLibc } from "./linux_packet_libc.ts";
import { openLinuxPacketLink } from "./linux_packet_link.ts";
import type { PacketLink, PacketLinkRequest, PacketLinks, SourceMeter } from "./packet_link.ts";
import type { ToolRunner } from "./tool.ts";

/** Links and meters of the interfaces that hald.json names, and of no other. */
export class LinuxPacketLinks implements PacketLinks {
  readonly #interfaces: readonly string[];
  readonly #clock: Clock;
  readonly #run: ToolRunner;
  #libc: PacketLibc | undefined;

  constructor(interfaces: readonly string[], clock: Clock, run: ToolRunner) {
    this.#interfaces = interfaces;
    this.#clock = clock;
    this.#run = run;
  }

  open(request: PacketLinkRequest): Promise<PacketLink> {
    this.#requireListed(request.interface);
    this.#libc ??= openPacketLibc();
    return Promise.resolve(openLinuxPacketLink(this.#libc, this.#clock, request));
  }

  async meter(meter: SourceMeter): Promise<void> {
    this.#requireListed(meter.interface);
    this.#libc ??= openPacketLibc();
    const index = this.#libc.if_nametoindex(new TextEncoder().encode(`${meter.interface}\0`));
    if (index === 0) {
      throw new HardwareError("HAL_PACKET", `Cannot meter interface "${meter.interface}": no such interface`);
    }
    const stdin = new TextEncoder().encode(meterRules(meter, index));
    await this.#run({ program: "nft", args: ["-f", "-"], stdin });
  }

  #requireListed(name: string): void {
    if (this.#interfaces.includes(name)) return;
    throw new HardwareError("HAL_NOT_CONFIGURED", `hald may not touch the DHCP packets of interface "${name}"`, {
      hint: `Add "${name}" to dhcp.interfaces in hald.json, then restart bulkhead-hald`,
    });
  }
}

/**
 * The meter as an nftables script: a table of its own for the interface, replaced in one transaction. It stands at the
 * ingress of the device, before any process sees a packet. One statement per line: nft 1.0.6 wants it so.
 */
export function meterRules(meter: SourceMeter, index: number): string {
  const table = `table netdev bulkhead_dhcp_${index}`;
  const replaced = [table, `delete ${table}`];
  if (meter.remove) return `${replaced.join("\n")}\n`;
  const { perMac, others, known, relays } = meter;
  const pass = relays.length === 0 ? [] : [`udp dport 67 ip saddr { ${relays.join(", ")} } accept`];
  const ofKnown = known.length === 0 ? [] : [`udp dport 67 ether saddr @known accept`];
  return [
    ...replaced,
    `${table} {`,
    ...known.length === 0 ? [] : ["set known {", "type ether_addr", `elements = { ${known.join(", ")} }`, "}"],
    "set talkers {",
    "type ether_addr",
    "size 65535",
    "flags dynamic,timeout",
    "timeout 1m",
    "}",
    "chain ingress {",
    `type filter hook ingress device "${meter.interface}" priority 0; policy accept;`,
    ...pass,
    `udp dport 67 update @talkers { ether saddr limit rate over ${perMac}/second burst ${
      perMac * 2
    } packets } counter drop`,
    ...ofKnown,
    `udp dport 67 limit rate over ${others}/second burst ${others} packets counter drop`,
    "}",
    "}",
    "",
  ].join("\n");
}
