import { BerReader, TAG, tlv, writeInteger, writeOid } from "../codec_ber.ts";
import { decodeV3, encodeV3 } from "../codec.ts";
import type { V3Security } from "../security.ts";
import { authenticate, authenticationBytes, decrypt, encrypt, isAuthentic, localKey } from "../usm.ts";

/** A row of a switch's tables: object identifier and encoded value. */
export type FakeRow = readonly [string, Uint8Array];

/** A number as a value. */
export const numberValue = (number: number) => writeInteger(number);
/** A text as a value. */
export const textValue = (text: string) => tlv(TAG.octets, new TextEncoder().encode(text));
/** Octets as a value. */
export const octetsValue = (...octets: number[]) => tlv(TAG.octets, Uint8Array.from(octets));

const END_OF_VIEW = tlv(TAG.endOfView);
const order = (a: string, b: string) => {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? -1) - (right[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** An answer or report as a switch would send it. */
export function answerPdu(
  tag: number,
  { requestId, error = 0, rows }: {
    readonly requestId: number;
    readonly error?: number;
    readonly rows: readonly FakeRow[];
  },
): Uint8Array<ArrayBuffer> {
  const list = rows.map(([oid, value]) => tlv(TAG.sequence, writeOid(oid), value));
  return tlv(tag, writeInteger(requestId), writeInteger(error), writeInteger(0), tlv(TAG.sequence, ...list));
}

/** What was asked. */
interface Question {
  readonly requestId: number;
  readonly repetitions: number;
  readonly oid: string | undefined;
}

function readQuestion(bytes: Uint8Array): Question {
  const reader = new BerReader(bytes);
  const pdu = reader.enter(reader.peek());
  const [requestId, , repetitions] = [pdu.number(), pdu.number(), pdu.number()];
  const list = pdu.enter(TAG.sequence);
  return { requestId, repetitions, oid: list.isAtEnd ? undefined : list.enter(TAG.sequence).oid() };
}

/** A switch that answers SNMP as the standards say, from rows that a test sets. */
export class FakeSwitch {
  rows: FakeRow[] = [];
  /** Octets an answer may have; a bigger one is refused with tooBig. */
  mostRows = 1_000;
  questions = 0;
  readonly engineId = Uint8Array.from([0x80, 0, 0x1f, 0x88, 4, 0x73, 0x77]);
  boots = 7;
  time = 1_000;

  /** Answers to one datagram in SNMPv2c; undefined: silence, as for a wrong community. */
  answerV2c(bytes: Uint8Array, community: string): Uint8Array<ArrayBuffer> | undefined {
    const message = new BerReader(bytes).enter(TAG.sequence);
    message.number();
    const given = message.octets();
    if (new TextDecoder().decode(given) !== community) return undefined;
    const pdu = this.#answer(readQuestion(bytes.subarray(message.at)));
    return tlv(TAG.sequence, writeInteger(1), tlv(TAG.octets, given), pdu);
  }

  /** Answers to one datagram in SNMPv3 for this user. */
  answerV3(bytes: Uint8Array, { user, hash, authPassword, privacyPassword }: V3Security): Uint8Array<ArrayBuffer> {
    const asked = decodeV3(bytes);
    const { messageId } = asked;
    if (asked.engineId.length === 0) return this.report(messageId, "1.3.6.1.6.3.15.1.1.4.0");
    if (asked.user !== user) return this.report(messageId, "1.3.6.1.6.3.15.1.1.3.0");
    const [key, privacy] = [authPassword, privacyPassword].map((password) => localKey(hash, password, this.engineId));
    if (!isAuthentic(hash, key!, bytes, asked.authenticationAt)) {
      return this.report(messageId, "1.3.6.1.6.3.15.1.1.5.0");
    }
    const head = {
      messageId,
      isAuthenticated: true,
      engineId: this.engineId,
      boots: this.boots,
      time: this.time,
      user,
    };
    const room = { authenticationBytes: authenticationBytes(hash), salt: new Uint8Array() };
    const isInTime = asked.boots === this.boots && Math.abs(asked.time - this.time) <= 150;
    if (!isInTime) {
      const report = this.#scoped(
        answerPdu(0xa8, { requestId: 0, rows: [["1.3.6.1.6.3.15.1.1.2.0", writeInteger(1)]] }),
      );
      return signed(encodeV3({ ...head, isEncrypted: false }, report, room), hash, key!);
    }
    const plain = decrypt({ key: privacy!, boots: asked.boots, time: asked.time, salt: asked.salt }, asked.data);
    const scoped = new BerReader(plain).enter(TAG.sequence);
    scoped.octets();
    scoped.octets();
    const answer = this.#scoped(this.#answer(readQuestion(plain.subarray(scoped.at))));
    const salt = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
    const data = encrypt({ key: privacy!, boots: this.boots, time: this.time, salt }, answer);
    return signed(encodeV3({ ...head, isEncrypted: true }, data, { ...room, salt }), hash, key!);
  }

  /** A report that nothing proves. */
  report(messageId: number, about: string): Uint8Array<ArrayBuffer> {
    const scoped = this.#scoped(answerPdu(0xa8, { requestId: 0, rows: [[about, writeInteger(1)]] }));
    const { engineId, boots, time } = this;
    const head = { messageId, isAuthenticated: false, isEncrypted: false, engineId, boots, time, user: "" };
    return encodeV3(head, scoped, { authenticationBytes: 0, salt: new Uint8Array() }).bytes;
  }

  #scoped(pdu: Uint8Array): Uint8Array<ArrayBuffer> {
    return tlv(TAG.sequence, tlv(TAG.octets, this.engineId), tlv(TAG.octets), pdu);
  }

  #answer({ requestId, repetitions, oid = "0.0" }: Question): Uint8Array<ArrayBuffer> {
    this.questions++;
    if (repetitions > this.mostRows) return answerPdu(0xa2, { requestId, error: 1, rows: [] });
    const behind = this.rows.filter(([row]) => order(row, oid) > 0).sort(([a], [b]) => order(a, b)).slice(
      0,
      repetitions,
    );
    const rows: FakeRow[] = behind.length < repetitions
      ? [...behind, [behind.at(-1)?.[0] ?? oid, END_OF_VIEW]]
      : behind;
    return answerPdu(0xa2, { requestId, rows });
  }
}

function signed(
  { bytes, authenticationAt }: ReturnType<typeof encodeV3>,
  hash: V3Security["hash"],
  key: Uint8Array,
): Uint8Array<ArrayBuffer> {
  bytes.set(authenticate(hash, key, bytes), authenticationAt);
  return bytes;
}
