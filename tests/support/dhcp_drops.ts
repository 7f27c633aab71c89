import type { TestNet } from "./test_net.ts";

/** How messages of clients may reach the box. */
export type DhcpWay = "unicast" | "broadcast" | "either";

const TABLE = "netdev dhcp_drops";

/**
 * Lets messages of clients come to the box in one way only and drops the others before any process sees them: what is answered
 * under "unicast" was a renewal, what is answered under "broadcast" a rebinding (RFC 2131 section 4.4.5).
 */
export async function letOnly(net: TestNet, gateway: string, links: readonly string[], way: DhcpWay): Promise<void> {
  await net.ok(gateway, "nft", `add table ${TABLE}; delete table ${TABLE}`);
  if (way === "either") return;
  const dropped = way === "unicast" ? "==" : "!=";
  const chains = links.map((link) =>
    `add chain ${TABLE} ${link} { type filter hook ingress device "${link}" priority -10; policy accept; }; ` +
    `add rule ${TABLE} ${link} ip daddr ${dropped} 255.255.255.255 udp dport 67 drop; `
  );
  await net.ok(gateway, "nft", `add table ${TABLE}; ${chains.join("")}`);
}
