import type { DhcpFact } from "../core/dhcp_api.ts";
import type { PacketDatagram } from "../../hal/packet_link.ts";
import { addressOption, decodeMessage, encodeMessage, typeOf } from "./codec.ts";
import { MESSAGE_TYPES, OPTION } from "./options.ts";
import { ProtocolError } from "../core/errors.ts";

const BROADCAST_MAC = "ff:ff:ff:ff:ff:ff";

/**
 * Whether a datagram to port 68 is the word of a server that has no business here: an OFFER, ACK or NAK whose server is
 * neither this box nor trusted. Own frames do not come back from the link.
 */
export function foreignServer(
  zone: string,
  trusted: readonly number[],
  { payload, sourceMac, source }: PacketDatagram,
): DhcpFact | undefined {
  try {
    const message = decodeMessage(payload);
    const type = typeOf(message);
    if (message.op !== "reply" || type !== "offer" && type !== "ack" && type !== "nak") return undefined;
    const address = addressOption(message, OPTION.serverId) ?? source;
    return trusted.includes(address) && trusted.includes(source)
      ? undefined
      : { kind: "foreign-server", zone, address, mac: sourceMac };
  } catch (error) {
    if (error instanceof ProtocolError) return undefined; // Not DHCP: nobody will follow it.
    throw error;
  }
}

/** A question that every DHCP server answers: from a MAC of ours, and the answers are not taken up. */
export function probeServers(
  mac: string,
  xid: number,
): Parameters<import("../../hal/packet_link.ts").PacketLink["send"]>[0] {
  const { bytes } = encodeMessage({
    ...{ op: "request", hops: 0, xid, secs: 0, broadcast: true, ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0 },
    chaddr: mac,
    options: new Map([
      [OPTION.messageType, Uint8Array.of(MESSAGE_TYPES.discover)],
      [OPTION.parameterList, Uint8Array.of(OPTION.subnetMask, OPTION.router)],
    ]),
  });
  return {
    destinationMac: BROADCAST_MAC,
    source: 0,
    destination: 0xffffffff,
    sourcePort: 68,
    destinationPort: 67,
    payload: bytes,
  };
}
