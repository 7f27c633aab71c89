import { macText } from "./ethernet_codec.ts";
import { HAL_LIMITS } from "./limits.ts";

const VLAN_TAG = 0x8100;
const LLDP = 0x88cc;
/** Types of TLVs (IEEE 802.1AB section 8.4), and subtypes of ids that hold a MAC address or a network address. */
const END = 0, CHASSIS = 1, PORT = 2, TIME_TO_LIVE = 3, PORT_TEXT = 4, NAME = 5, SYSTEM_TEXT = 6, CAPABILITIES = 7;
const ADDRESS = 8, ORGANISATION = 127;
const CHASSIS_MAC = 4, CHASSIS_ADDRESS = 5, PORT_MAC = 3, PORT_ADDRESS = 4;
const BRIDGE = 0x0004;

/** What a neighbour on the wire says of itself. It proves nothing: anybody on that wire can say so. */
export interface LldpFrame {
  /** Who sent the frame. */
  readonly source: string;
  readonly chassis: string;
  readonly port: string;
  /** Seconds for which it holds; 0: the neighbour says good-bye. */
  readonly seconds: number;
  readonly portDescription?: string;
  readonly name?: string;
  readonly description?: string;
  readonly address?: string;
  /** The VLAN of untagged frames on its port (IEEE 802.1Q annex D). */
  readonly vlan?: number;
  readonly isBridge: boolean;
}

/** Reads a frame; undefined when it is none of LLDP, or broken: the first three TLVs must be what the standard says. */
export function readLldp(frame: Uint8Array): LldpFrame | undefined {
  const start = bodyOf(frame);
  if (start === undefined) return undefined;
  const parts = [...tlvs(frame, start)];
  const [chassis, port, life] = parts;
  if (chassis?.type !== CHASSIS || port?.type !== PORT || life?.type !== TIME_TO_LIVE || life.body.length < 2) {
    return undefined;
  }
  const [chassisText, portText] = [
    idText(chassis.body, CHASSIS_MAC, CHASSIS_ADDRESS),
    idText(port.body, PORT_MAC, PORT_ADDRESS),
  ];
  if (chassisText === undefined || portText === undefined) return undefined;
  const one = (type: number) => parts.find((part) => part.type === type)?.body;
  const text = (type: number) => textOf(one(type) ?? new Uint8Array());
  const [portDescription, name, description] = [text(PORT_TEXT), text(NAME), text(SYSTEM_TEXT)];
  const address = managementAddress(one(ADDRESS));
  const vlan = portVlan(parts.filter(({ type }) => type === ORGANISATION));
  const capabilities = one(CAPABILITIES);
  return {
    source: macText(frame, 6),
    chassis: chassisText,
    port: portText,
    seconds: life.body[0]! << 8 | life.body[1]!,
    ...portDescription ? { portDescription } : {},
    ...name ? { name } : {},
    ...description ? { description } : {},
    ...address === undefined ? {} : { address },
    ...vlan === undefined ? {} : { vlan },
    // The second half says what is switched on.
    isBridge: capabilities !== undefined && capabilities.length >= 4 && (capabilities[3]! & BRIDGE) !== 0,
  };
}

/** Where the TLVs begin, behind at most one VLAN tag. */
function bodyOf(frame: Uint8Array): number | undefined {
  if (frame.length < 14) return undefined;
  const type = frame[12]! << 8 | frame[13]!;
  if (type === LLDP) return 14;
  const isTagged = type === VLAN_TAG && frame.length >= 18 && (frame[16]! << 8 | frame[17]!) === LLDP;
  return isTagged ? 18 : undefined;
}

interface Part {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Everything up to the end mark; what is cut off is nobody's. */
function* tlvs(frame: Uint8Array, start: number): Generator<Part> {
  let at = start;
  for (let count = 0; count < HAL_LIMITS.lldpParts && at + 2 <= frame.length; count++) {
    const head = frame[at]! << 8 | frame[at + 1]!;
    const [type, length] = [head >> 9, head & 0x1ff];
    if (type === END || at + 2 + length > frame.length) return;
    yield { type, body: frame.subarray(at + 2, at + 2 + length) };
    at += 2 + length;
  }
}

/** An id behind its subtype: a MAC or network address in its usual form, anything else as text. */
function idText(body: Uint8Array, mac: number, network: number): string | undefined {
  if (body.length < 2) return undefined;
  const [subtype, rest] = [body[0], body.subarray(1)];
  if (subtype === mac && rest.length === 6) return macText(rest);
  if (subtype === network) return addressText(rest);
  return textOf(rest) || undefined;
}

/** IANA address family 1 is IPv4; others are not shown. */
function addressText(body: Uint8Array): string | undefined {
  return body[0] === 1 && body.length === 5 ? body.subarray(1).join(".") : undefined;
}

function managementAddress(body: Uint8Array | undefined): string | undefined {
  if (!body || body.length < 2) return undefined;
  return addressText(body.subarray(1, 1 + body[0]!));
}

/** 00-80-C2 with subtype 1: Port VLAN ID; 0 means none. */
function portVlan(parts: readonly Part[]): number | undefined {
  const found = parts.find(({ body }) =>
    body.length === 6 && body[0] === 0x00 && body[1] === 0x80 && body[2] === 0xc2 && body[3] === 1
  );
  const vlan = found && (found.body[4]! << 8 | found.body[5]!);
  return vlan === undefined || vlan < 1 || vlan > 4_094 ? undefined : vlan;
}

/** Nothing that a terminal or a page could take for more than letters. */
function textOf(body: Uint8Array): string {
  const text = new TextDecoder().decode(body);
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202f\u2066-\u2069]+/g, " ").trim()
    .slice(0, HAL_LIMITS.lldpChars);
}
