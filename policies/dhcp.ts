import { allow, type Decision, deny } from "./decision.ts";

/** What is known of one DHCP message before anything is done about it. */
export interface DhcpFacts {
  readonly principal: {
    /** The MAC in the message. */
    readonly mac: string;
    /** It is a station, a reserved device or one that was adopted. */
    readonly isKnown: boolean;
  };
  readonly context: {
    /** The MAC that sent the frame. */
    readonly sourceMac: string;
    /** Relay agents that the message says it passed. */
    readonly hops: number;
    /** "none": it came from the device itself. */
    readonly relay: "none" | "listed" | "unlisted";
    /** It carries option 82 without a relay agent's address. */
    readonly hasBareRelayInfo: boolean;
  };
}

/** What the zone's configuration says. */
export interface DhcpRules {
  readonly unknown: "ignore" | "nak" | "quarantine";
  /** Switches of the zone insert option 82 at every port. */
  readonly trustsSwitches: boolean;
}

/** What happens to the message: it is served, served in quarantine, refused in DHCP's own words, or not answered. */
export type DhcpTreatment = "serve" | "quarantine" | "nak" | "ignore";

/** The decision and what it means on the wire. */
export interface DhcpVerdict {
  readonly decision: Decision;
  readonly treatment: DhcpTreatment;
}

/** Relay agents that a message may have passed (RFC 1542 section 4.1.1). */
const HOPS = 16;

/**
 * Judges one message of a device. What is forged is dropped without a word, since any word would go to the wrong one;
 * an unknown device gets what the zone says.
 */
export function decideDhcp({ principal, context }: DhcpFacts, rules: DhcpRules): DhcpVerdict {
  const forged = judgeForgery(principal.mac, context, rules);
  if (forged) return { decision: forged, treatment: "ignore" };
  if (principal.isKnown) return { decision: allow("dhcp.known"), treatment: "serve" };
  if (rules.unknown === "quarantine") return { decision: allow("dhcp.quarantined"), treatment: "quarantine" };
  const reason = `Device ${principal.mac} is neither a station nor reserved`;
  const hint = `Adopt it with \`dhcp adopt ${principal.mac}\`, or give its MAC to a station in site.yaml`;
  return { decision: deny("dhcp.unknown", reason, hint), treatment: rules.unknown };
}

function judgeForgery(mac: string, context: DhcpFacts["context"], rules: DhcpRules): Decision | undefined {
  const { hops, relay, sourceMac, hasBareRelayInfo } = context;
  if (isGroup(mac)) return deny("dhcp.mac-invalid", `${mac} cannot be the MAC of a device`);
  if (hops >= HOPS) {
    return deny("dhcp.hops", `The message has passed ${hops} relay agents, fewer than ${HOPS} are allowed`);
  }
  if (relay === "unlisted") {
    return deny("dhcp.relay-unlisted", "A relay agent asks that the zone does not list", "Add it to dhcp.relayAgents");
  }
  if (hasBareRelayInfo && !rules.trustsSwitches) {
    return deny("dhcp.relay-info", "Option 82 came from a device, not from a relay agent", "See dhcp.option82");
  }
  // A starving device invents MACs in the message and sends from its own (RFC 2131 section 7).
  if (relay === "none" && mac !== sourceMac) {
    return deny("dhcp.mac-mismatch", `${sourceMac} sent a message in the name of ${mac}`);
  }
  return undefined;
}

/** A multicast or all-zero MAC. */
function isGroup(mac: string): boolean {
  return (parseInt(mac.slice(0, 2), 16) & 1) === 1 || mac === "00:00:00:00:00:00";
}
