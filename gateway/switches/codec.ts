import { ProtocolError } from "../core/errors.ts";
import { BerReader, type SnmpValue, TAG, tlv, writeInteger, writeOid } from "./codec_ber.ts";
import { SWITCH_LIMITS } from "./limits.ts";

/** What a message asks or answers, by its tag (RFC 3416 section 3). Nothing that writes exists here. */
const PDU_TAGS = { get: 0xa0, bulk: 0xa5, response: 0xa2, report: 0xa8 } as const;
/** Kind of a message. */
export type PduKind = keyof typeof PDU_TAGS;

/** A name with its value. */
export interface Binding {
  /** "1.3.6.1.2.1.1.5.0". */
  readonly oid: string;
  readonly value: SnmpValue;
}

/** A question or an answer. */
export interface Pdu {
  readonly kind: PduKind;
  readonly requestId: number;
  /** Error status and index of answers; for `bulk` non-repeaters and repetitions. */
  readonly first: number;
  readonly second: number;
  readonly bindings: readonly Binding[];
}

/** What stands around an SNMPv3 message (RFC 3412 section 6, RFC 3414 section 2.4). */
export interface V3Head {
  readonly messageId: number;
  readonly isAuthenticated: boolean;
  readonly isEncrypted: boolean;
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  readonly user: string;
}

/** An SNMPv3 message as it came. */
export interface V3Message extends V3Head {
  readonly authentication: Uint8Array;
  /** Where `authentication` stands in the message. */
  readonly authenticationAt: number;
  readonly salt: Uint8Array;
  /** The scoped PDU, still encrypted when `isEncrypted`. */
  readonly data: Uint8Array;
}

const AUTHENTICATED = 1, ENCRYPTED = 2, REPORTABLE = 4;
const USER_SECURITY_MODEL = 3;
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function refuse(why: string): never {
  throw new ProtocolError("SNMP_MALFORMED", `Cannot read an SNMP message: ${why}`);
}

/** A question in SNMPv2c: its community is readable for everybody on the way. */
export function encodeV2c(community: string, pdu: Pdu): Uint8Array<ArrayBuffer> {
  return tlv(TAG.sequence, writeInteger(1), tlv(TAG.octets, encode(community)), encodePdu(pdu));
}

/** An answer in SNMPv2c. @throws ProtocolError SNMP_MALFORMED */
export function decodeV2c(bytes: Uint8Array): { readonly community: string; readonly pdu: Pdu } {
  const message = open(bytes, 1);
  const community = decode(message.octets());
  const pdu = decodePdu(message);
  message.finish();
  return { community, pdu };
}

/** A question as a part of SNMPv3, before it is encrypted (RFC 3412 section 6.8). */
export function encodeScoped(engineId: Uint8Array, pdu: Pdu): Uint8Array<ArrayBuffer> {
  return tlv(TAG.sequence, tlv(TAG.octets, engineId), tlv(TAG.octets), encodePdu(pdu));
}

/** What was in the encrypted part. Padding behind it is not looked at. @throws ProtocolError SNMP_MALFORMED */
export function decodeScoped(bytes: Uint8Array): Pdu {
  const scoped = new BerReader(bytes).enter(TAG.sequence);
  scoped.octets();
  scoped.octets();
  const pdu = decodePdu(scoped);
  scoped.finish();
  return pdu;
}

/** A whole SNMPv3 message around `data`, with room for its authentication, and where that is. */
export function encodeV3(
  head: V3Head,
  data: Uint8Array,
  room: { readonly authenticationBytes: number; readonly salt: Uint8Array },
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly authenticationAt: number } {
  const flags = (head.isAuthenticated ? AUTHENTICATED : 0) | (head.isEncrypted ? ENCRYPTED : 0) | REPORTABLE;
  const authentication = tlv(TAG.octets, new Uint8Array(room.authenticationBytes));
  const salt = tlv(TAG.octets, room.salt);
  const security = tlv(
    TAG.octets,
    tlv(
      TAG.sequence,
      tlv(TAG.octets, head.engineId),
      writeInteger(head.boots),
      writeInteger(head.time),
      tlv(TAG.octets, encode(head.user)),
      authentication,
      salt,
    ),
  );
  const body = head.isEncrypted ? tlv(TAG.octets, data) : data;
  const global = tlv(
    TAG.sequence,
    writeInteger(head.messageId),
    writeInteger(SWITCH_LIMITS.messageBytes),
    tlv(TAG.octets, Uint8Array.of(flags)),
    writeInteger(USER_SECURITY_MODEL),
  );
  const bytes = tlv(TAG.sequence, writeInteger(3), global, security, body);
  return { bytes, authenticationAt: bytes.length - body.length - salt.length - room.authenticationBytes };
}

/** @throws ProtocolError SNMP_MALFORMED */
export function decodeV3(bytes: Uint8Array): V3Message {
  const message = open(bytes, 3);
  const global = message.enter(TAG.sequence);
  const messageId = global.number();
  global.number(); // how much the other side can take: our questions are short
  const flags = global.octets();
  if (flags.length !== 1) refuse(`its flags have ${flags.length} octets`);
  if (global.number() !== USER_SECURITY_MODEL) refuse("its security model is not the one of users (USM)");
  global.finish();
  const parameters = message.enter(TAG.octets);
  const security = parameters.enter(TAG.sequence);
  parameters.finish();
  const engineId = security.octets();
  const [boots, time] = [security.number(), security.number()];
  const user = decode(security.octets());
  const authentication = security.octets();
  const authenticationAt = security.at - authentication.length;
  const salt = security.octets();
  security.finish();
  const isEncrypted = (flags[0]! & ENCRYPTED) !== 0;
  const start = message.at;
  const data = message.octets(isEncrypted ? TAG.octets : TAG.sequence);
  message.finish();
  return {
    ...{ messageId, engineId, boots, time, user, authentication, authenticationAt, salt, isEncrypted },
    isAuthenticated: (flags[0]! & AUTHENTICATED) !== 0,
    data: isEncrypted ? data : bytes.subarray(start),
  };
}

function open(bytes: Uint8Array, version: number): BerReader {
  if (bytes.length > SWITCH_LIMITS.messageBytes) {
    refuse(`it has ${bytes.length} octets, at most ${SWITCH_LIMITS.messageBytes}`);
  }
  const outer = new BerReader(bytes);
  const message = outer.enter(TAG.sequence);
  outer.finish();
  const found = message.number();
  if (found !== version) refuse(`it has the version number ${found}, wanted ${version}`);
  return message;
}

function encodePdu({ kind, requestId, first, second, bindings }: Pdu): Uint8Array<ArrayBuffer> {
  const list = bindings.map(({ oid }) => tlv(TAG.sequence, writeOid(oid), tlv(TAG.nothing)));
  return tlv(
    PDU_TAGS[kind],
    writeInteger(requestId),
    writeInteger(first),
    writeInteger(second),
    tlv(TAG.sequence, ...list),
  );
}

function decodePdu(reader: BerReader): Pdu {
  const tag = reader.peek();
  const kind = (Object.keys(PDU_TAGS) as PduKind[]).find((one) => PDU_TAGS[one] === tag);
  if (kind === undefined) refuse(`it is of the kind 0x${tag.toString(16)}`);
  const pdu = reader.enter(tag);
  const [requestId, first, second] = [pdu.number(), pdu.number(), pdu.number()];
  const list = pdu.enter(TAG.sequence);
  pdu.finish();
  const bindings: Binding[] = [];
  while (!list.isAtEnd) {
    if (bindings.length === SWITCH_LIMITS.bindings) refuse(`it has more than ${SWITCH_LIMITS.bindings} values`);
    const one = list.enter(TAG.sequence);
    bindings.push({ oid: one.oid(), value: one.value() });
    one.finish();
  }
  return { kind, requestId, first, second, bindings };
}
