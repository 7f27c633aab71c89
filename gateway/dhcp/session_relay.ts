import {
  addressBytes,
  addressOption,
  decodeMessage,
  type DhcpMessage,
  encodeMessage,
  type Ipv4,
  replyRoom,
  typeOf,
} from "./codec.ts";
import { encodeRelayInfo } from "./codec_relay_info.ts";
import { type Instant, isIn, type Lease, type Range } from "./lease.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { OPTION, RELAY } from "./options.ts";
import type { ClientPacket, Judgement, Reply } from "./session_types.ts";

/** A zone as its relay agent sees it. */
export interface RelaySettings {
  readonly zone: string;
  /** This box's address in the zone. */
  readonly self: Ipv4;
  readonly subnet: Range;
  /** Port or VLAN of the zone (option 82, sub-option 1). */
  readonly circuitId: string;
  /** This gateway: the name in its certificate (sub-option 2). */
  readonly remoteId: string;
  /** Option codes that a device may get. */
  allows(mac: string): (code: number) => boolean;
  judge(packet: ClientPacket): Judgement;
}

/** What the relay wants done. */
export type RelayEffect =
  | { readonly do: "forward"; readonly bytes: Uint8Array }
  | { readonly do: "send"; readonly reply: Reply }
  /** The central server gave an address: remembered for times without it. */
  | { readonly do: "learn"; readonly lease: Lease }
  /** A device gives an address back. It may not be its own: whoever keeps the leases compares. */
  | { readonly do: "released"; readonly mac: string; readonly address: number }
  | { readonly do: "refuse"; readonly mac: string; readonly rule: string; readonly reason: string };

interface Asked {
  readonly packet: ClientPacket;
  readonly until: number;
}

/**
 * The relay agent of one zone (RFC 1542, RFC 3046) as a state machine. It forwards what the policy lets through, and takes
 * back only answers to what was asked, for addresses of the zone, with options that the device may have.
 */
export class RelaySession {
  readonly #settings: RelaySettings;
  readonly #asked = new Map<string, Asked>();

  constructor(settings: RelaySettings) {
    this.#settings = settings;
  }

  /** A message of a client. `isUnicast`: it was sent to this box alone. */
  receive(packet: ClientPacket, isUnicast: boolean, at: Instant): RelayEffect[] {
    const { message } = packet;
    const type = typeOf(message);
    if (message.op !== "request" || type === undefined) return [];
    const { treatment, rule, reason = "" } = this.#settings.judge(packet);
    // Whoever relays for others inside the zone would hide who asks: the zone has one relay agent, this box.
    if (treatment !== "serve" || message.giaddr !== 0) {
      return [{ do: "refuse", mac: message.chaddr, rule, reason }];
    }
    // Nobody answers a RELEASE or DECLINE (RFC 2131 section 4.3): what pretends to is not taken.
    if (type !== "release" && type !== "decline") this.#remember(packet, at);
    const { circuitId, remoteId, self, subnet } = this.#settings;
    const text = new TextEncoder();
    const info = encodeRelayInfo([
      [RELAY.circuitId, text.encode(circuitId)],
      [RELAY.remoteId, text.encode(remoteId)],
      [RELAY.linkSelection, addressBytes(subnet.from)],
      [RELAY.flags, Uint8Array.of(isUnicast ? 0x80 : 0)],
      [RELAY.serverId, addressBytes(self)],
    ]);
    const options = new Map([...message.options, [OPTION.relayInfo, info]]);
    const { bytes } = encodeMessage(
      { ...message, hops: message.hops + 1, giaddr: self, options },
      DHCP_LIMITS.messageBytesMax,
    );
    const forward = { do: "forward", bytes } as const;
    if (type !== "release" || message.ciaddr === 0) return [forward];
    return [forward, { do: "released", mac: message.chaddr, address: message.ciaddr }];
  }

  /** A message of the central server. @throws ProtocolError DHCP_MALFORMED */
  answered(bytes: Uint8Array, at: Instant): RelayEffect[] {
    const message = decodeMessage(bytes);
    const type = typeOf(message);
    const asked = this.#asked.get(keyOf(message));
    const isAnswer = message.op === "reply" && (type === "offer" || type === "ack" || type === "nak");
    if (!isAnswer || !asked || asked.until < at.mono) return [];
    const { self, subnet } = this.#settings;
    const isOurs = message.giaddr === self && (message.yiaddr === 0 || isIn(message.yiaddr, subnet)) &&
      message.yiaddr !== self;
    if (!isOurs) {
      const reason = "The central server answered with an address that is not of this zone";
      return [{ do: "refuse", mac: message.chaddr, rule: "dhcp.relay-answer", reason }];
    }
    if (type !== "offer") this.#asked.delete(keyOf(message));
    const reply: RelayEffect = { do: "send", reply: this.#reply(message, asked.packet, type === "nak") };
    const lease = type === "ack" ? this.#lease(message, at) : undefined;
    return lease ? [reply, { do: "learn", lease }] : [reply];
  }

  /** Forgets questions that nobody answered. */
  tick(at: Instant): void {
    for (const [key, { until }] of this.#asked) {
      if (until >= at.mono) return; // In the order of asking.
      this.#asked.delete(key);
    }
  }

  #remember(packet: ClientPacket, at: Instant): void {
    const key = keyOf(packet.message);
    this.#asked.delete(key);
    if (this.#asked.size >= DHCP_LIMITS.relayed) this.#asked.delete(this.#asked.keys().next().value!);
    this.#asked.set(key, { packet, until: at.mono + DHCP_LIMITS.relayedMs });
  }

  /** Option 82 stays here (RFC 3046 section 2.2), and so do options that the device may not have. */
  #reply(message: DhcpMessage, packet: ClientPacket, isNak: boolean): Reply {
    const isAllowed = this.#settings.allows(message.chaddr);
    const options = new Map([...message.options].filter(([code]) => ALWAYS.has(code) || isAllowed(code)));
    const { ciaddr, broadcast, chaddr } = packet.message;
    const toAll = { mac: "ff:ff:ff:ff:ff:ff", address: 0xffffffff, port: 68 } as const;
    const to = isNak || broadcast && ciaddr === 0
      ? toAll
      : ciaddr !== 0
      ? { mac: packet.sourceMac, address: ciaddr, port: 68 } as const
      : { mac: chaddr, address: message.yiaddr, port: 68 } as const;
    return { message: { ...message, giaddr: 0, options }, maxBytes: replyRoom(packet.message), to };
  }

  #lease(message: DhcpMessage, at: Instant): Lease | undefined {
    const seconds = addressOption(message, OPTION.leaseSeconds);
    if (message.yiaddr === 0 || seconds === undefined) return undefined;
    return {
      ...{ zone: this.#settings.zone, address: message.yiaddr, mac: message.chaddr, state: "bound", kind: "relayed" },
      ...{ since: at.wall, renewedAt: at.wall, expiresAt: at.wall + seconds * 1_000 },
    };
  }
}

/** What every reply needs, whatever its class may have. */
const ALWAYS: ReadonlySet<number> = new Set([
  OPTION.messageType,
  OPTION.serverId,
  OPTION.leaseSeconds,
  OPTION.renewalSeconds,
  OPTION.rebindingSeconds,
  OPTION.subnetMask,
  OPTION.message,
  OPTION.clientId,
]);

const keyOf = ({ xid, chaddr }: DhcpMessage): string => `${xid} ${chaddr}`;
