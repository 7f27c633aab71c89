import { addressText, decodeMessage, type DhcpMessage, encodeMessage, type Ipv4 } from "./codec.ts";
import { decodeRelayInfo, encodeRelayInfo } from "./codec_relay_info.ts";
import { isIn, type Range } from "./lease.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { OPTION, RELAY } from "./options.ts";

/** A gateway by the name in its certificate, with the subnets that it may ask for. */
export interface ConcentratorGateway {
  readonly name: string;
  readonly subnets: readonly Range[];
}

/** What the concentrator wants done. */
export type ConcentratorEffect =
  | { readonly do: "ask"; readonly bytes: Uint8Array }
  | { readonly do: "answer"; readonly connection: number; readonly bytes: Uint8Array }
  | { readonly do: "refuse"; readonly gateway: string; readonly rule: string; readonly reason: string };

interface Waiting {
  readonly connection: number;
  readonly gateway: ConcentratorGateway;
  /** The gateway's address in its zone. */
  readonly giaddr: Ipv4;
  readonly until: number;
}

/**
 * The far side of the tunnels in front of one unmodified DHCP server, as a state machine. A gateway asks in its own name
 * and for its own subnets only, else any gateway could drain any pool; answers go to who asked, and to nobody else.
 */
export class ConcentratorSession {
  readonly #self: Ipv4;
  /** Set when replies cannot come to port 67 (RFC 8357). */
  readonly #otherPort: number | undefined;
  readonly #waiting = new Map<string, Waiting>();

  constructor(self: Ipv4, port: number) {
    this.#self = self;
    this.#otherPort = port === 67 ? undefined : port;
  }

  /** A message of a gateway. `now` is monotonic milliseconds. @throws ProtocolError DHCP_MALFORMED */
  asked(connection: number, gateway: ConcentratorGateway, bytes: Uint8Array, now: number): ConcentratorEffect[] {
    const message = decodeMessage(bytes);
    const info = decodeRelayInfo(message.options.get(OPTION.relayInfo) ?? new Uint8Array(0));
    const refuse = (rule: string, reason: string): ConcentratorEffect[] => [
      { do: "refuse", gateway: gateway.name, rule, reason },
    ];
    if (message.op !== "request") return refuse("concentrator.message", "It sent a server's message");
    if (message.hops >= DHCP_LIMITS.hops) return refuse("concentrator.hops", `${message.hops} relay agents`);
    const remoteId = new TextDecoder().decode(info.get(RELAY.remoteId));
    if (remoteId !== gateway.name) {
      return refuse("concentrator.remote-id", `It says it is "${remoteId.slice(0, 64)}"`);
    }
    const link = addressOf(info.get(RELAY.linkSelection));
    const isOwn = (address: Ipv4 | undefined) =>
      address !== undefined && gateway.subnets.some((subnet) => isIn(address, subnet));
    if (!isOwn(link) || !isOwn(message.giaddr)) {
      const wanted = `${addressText(link ?? 0)} by ${addressText(message.giaddr)}`;
      return refuse("concentrator.subnet", `It asks for ${wanted}, which is none of its subnets`);
    }
    this.#remember(message, { connection, gateway, giaddr: message.giaddr, until: now + DHCP_LIMITS.relayedMs });
    return [{ do: "ask", bytes: this.#forward(message, info) }];
  }

  /** A message of the server. @throws ProtocolError DHCP_MALFORMED */
  answered(bytes: Uint8Array, now: number): ConcentratorEffect[] {
    const message = decodeMessage(bytes);
    const waiting = this.#waiting.get(keyOf(message));
    if (message.op !== "reply" || !waiting || waiting.until < now) return [];
    const { gateway, connection, giaddr } = waiting;
    if (message.yiaddr !== 0 && !gateway.subnets.some((subnet) => isIn(message.yiaddr, subnet))) {
      const reason = `The server gave ${addressText(message.yiaddr)}, which is none of its subnets`;
      return [{ do: "refuse", gateway: gateway.name, rule: "concentrator.answer", reason }];
    }
    const { bytes: answer } = encodeMessage({ ...message, giaddr }, DHCP_LIMITS.messageBytesMax);
    return [{ do: "answer", connection, bytes: answer }];
  }

  /** Forgets what was not answered. */
  tick(now: number): void {
    for (const [key, { until }] of this.#waiting) {
      if (until >= now) return; // In the order of asking.
      this.#waiting.delete(key);
    }
  }

  #remember(message: DhcpMessage, waiting: Waiting): void {
    const key = keyOf(message);
    this.#waiting.delete(key);
    if (this.#waiting.size >= DHCP_LIMITS.relayed) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#waiting.set(key, waiting);
  }

  /** The server answers to giaddr, so it is this address; link selection keeps the choice of the subnet. */
  #forward(message: DhcpMessage, info: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const parts = new Map(info);
    if (this.#otherPort !== undefined) parts.set(RELAY.sourcePort, new Uint8Array(0));
    const options = new Map([...message.options, [OPTION.relayInfo, encodeRelayInfo(parts)]]);
    return encodeMessage(
      { ...message, hops: message.hops + 1, giaddr: this.#self, options },
      DHCP_LIMITS.messageBytesMax,
    ).bytes;
  }
}

const keyOf = ({ xid, chaddr }: DhcpMessage): string => `${xid} ${chaddr}`;

function addressOf(bytes: Uint8Array | undefined): Ipv4 | undefined {
  return bytes?.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) : undefined;
}
