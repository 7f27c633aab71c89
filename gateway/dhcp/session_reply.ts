import { addressBytes, type DhcpMessage, type Ipv4, numberBytes, replyRoom } from "./codec.ts";
import type { KnownDevice, LeaseKind } from "./lease.ts";
import { MESSAGE_TYPES, OPTION } from "./options.ts";
import type { ClientPacket, Reply, ServerSettings } from "./session_types.ts";

const BROADCAST_MAC = "ff:ff:ff:ff:ff:ff";
const BROADCAST_ADDRESS = 0xffffffff;
/** A device asks again after half of its lease, and at the latest so often: then a lease is long, and still current. */
const RENEW_SECONDS = 1_800;

/** What a reply grants. */
export interface Grant {
  readonly type: "offer" | "ack";
  readonly address: Ipv4;
  /** Absent for an INFORM: it has an address of its own and gets no lease time. */
  readonly seconds?: number;
  readonly kind: LeaseKind;
  readonly device?: KnownDevice | undefined;
}

/** An OFFER or ACK with the options that the device may have and asked for. */
export function grantReply(settings: ServerSettings, packet: ClientPacket, grant: Grant): Reply {
  const { message } = packet;
  const options = new Map<number, Uint8Array>([
    [OPTION.messageType, Uint8Array.of(MESSAGE_TYPES[grant.type])],
    [OPTION.serverId, addressBytes(settings.self)],
  ]);
  const { seconds } = grant;
  if (seconds !== undefined) {
    const renew = Math.min(Math.floor(seconds / 2), RENEW_SECONDS);
    options.set(OPTION.leaseSeconds, numberBytes(seconds));
    options.set(OPTION.renewalSeconds, numberBytes(renew));
    options.set(OPTION.rebindingSeconds, numberBytes(Math.max(renew, Math.floor(seconds * 0.875))));
  }
  const asked = message.options.get(OPTION.parameterList);
  for (const [code, value] of settings.options(grant.device, grant.kind)) {
    const isAlways = code === OPTION.subnetMask || code === OPTION.router || code === OPTION.dns;
    if (isAlways || asked === undefined || asked.includes(code)) options.set(code, value);
  }
  return {
    message: replyTo(packet, { yiaddr: seconds === undefined ? 0 : grant.address, options }),
    maxBytes: replyRoom(message),
    to: destination(packet, grant.address),
  };
}

/** A NAK: heard by the device even when it believes in another network (RFC 2131 section 4.3.2). */
export function nakReply(settings: ServerSettings, packet: ClientPacket, why: string): Reply {
  const options = new Map<number, Uint8Array>([
    [OPTION.messageType, Uint8Array.of(MESSAGE_TYPES.nak)],
    [OPTION.serverId, addressBytes(settings.self)],
    [OPTION.message, new TextEncoder().encode(why.slice(0, 120))],
  ]);
  const message = replyTo(packet, { yiaddr: 0, options });
  const isRelayed = packet.message.giaddr !== 0;
  return {
    message: { ...message, ciaddr: 0, broadcast: isRelayed || message.broadcast },
    maxBytes: replyRoom(packet.message),
    to: isRelayed
      ? { mac: packet.sourceMac, address: packet.message.giaddr, port: 67 }
      : { mac: BROADCAST_MAC, address: BROADCAST_ADDRESS, port: 68 },
  };
}

function replyTo(
  { message }: ClientPacket,
  { yiaddr, options }: { readonly yiaddr: Ipv4; readonly options: Map<number, Uint8Array> },
): DhcpMessage {
  // A relay agent wants its option 82 back (RFC 3046 section 2.2), and some clients their identifier (RFC 6842).
  for (const code of [OPTION.relayInfo, OPTION.clientId]) {
    const value = message.options.get(code);
    if (value) options.set(code, value);
  }
  return {
    op: "reply",
    hops: 0,
    xid: message.xid,
    secs: 0,
    broadcast: message.broadcast,
    ciaddr: message.ciaddr,
    yiaddr,
    siaddr: 0,
    giaddr: message.giaddr,
    chaddr: message.chaddr,
    options,
  };
}

/** RFC 2131 section 4.1: to the relay agent, to the address the device has, to all, or to its MAC before it has one. */
function destination({ message, sourceMac }: ClientPacket, address: Ipv4): Reply["to"] {
  if (message.giaddr !== 0) return { mac: sourceMac, address: message.giaddr, port: 67 };
  if (message.ciaddr !== 0) return { mac: sourceMac, address: message.ciaddr, port: 68 };
  if (message.broadcast) return { mac: BROADCAST_MAC, address: BROADCAST_ADDRESS, port: 68 };
  return { mac: message.chaddr, address, port: 68 };
}
