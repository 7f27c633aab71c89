import {
  decodeScoped,
  decodeV2c,
  decodeV3,
  encodeScoped,
  encodeV2c,
  encodeV3,
  type Pdu,
  type V3Message,
} from "./codec.ts";
import type { Exchange, Opened } from "./session.ts";
import { authenticate, authenticationBytes, decrypt, encrypt, isAuthentic, localKey, type UsmHash } from "./usm.ts";

/** The key of SNMPv2c: a community, readable on the wire. */
export interface V2cSecurity {
  readonly community: string;
}

/** A user of SNMPv3 with authentication and privacy; a switch without both is not read. */
export interface V3Security {
  readonly user: string;
  readonly hash: UsmHash;
  readonly authPassword: string;
  readonly privacyPassword: string;
}

/** How one switch is spoken with. */
export function openExchange(security: V2cSecurity | V3Security, salts: () => Uint8Array): Exchange {
  return "community" in security ? new PlainExchange(security.community) : new UserExchange(security, salts);
}

class PlainExchange implements Exchange {
  readonly needsDiscovery = false;
  readonly silence = "is it there, may this box ask it, and is the community right?";

  constructor(readonly community: string) {}

  seal(pdu: Pdu): Uint8Array<ArrayBuffer> {
    return encodeV2c(this.community, pdu);
  }

  open(bytes: Uint8Array): Opened {
    const { community, pdu } = decodeV2c(bytes);
    return community === this.community ? { kind: "answer", pdu } : { kind: "foreign" };
  }
}

/** Reports of a switch that understood who asks and refuses (RFC 3414 section 3.2), by the end of their name. */
const REFUSALS: Readonly<Record<string, string>> = {
  "1.3.6.1.6.3.15.1.1.1.0": "it does not offer authentication with encryption to this user",
  "1.3.6.1.6.3.15.1.1.3.0": "it knows no such user",
  "1.3.6.1.6.3.15.1.1.5.0": "it finds the authentication password or its hash wrong",
  "1.3.6.1.6.3.15.1.1.6.0": "it finds the privacy password or its cipher wrong",
};
const NOT_IN_TIME = "1.3.6.1.6.3.15.1.1.2.0";
const UNKNOWN_ENGINE = "1.3.6.1.6.3.15.1.1.4.0";

/** What is known of the switch's engine: who it is and what its clock says. */
interface Engine {
  readonly id: Uint8Array;
  readonly boots: number;
  readonly time: number;
  /** Monotonic milliseconds when it said so. */
  readonly at: number;
}

/** SNMPv3 with the user-based security model, authentication and privacy (RFC 3414, RFC 3826, RFC 7860). */
class UserExchange implements Exchange {
  readonly #security: V3Security;
  readonly #salts: () => Uint8Array;
  #engine: Engine | undefined;
  #keys: { readonly authentication: Uint8Array; readonly privacy: Uint8Array } | undefined;

  constructor(security: V3Security, salts: () => Uint8Array) {
    this.#security = security;
    this.#salts = salts;
  }

  get needsDiscovery(): boolean {
    return this.#engine === undefined;
  }

  /** Some switches report a wrong privacy password, others say nothing. */
  get silence(): string {
    return this.#engine
      ? "it said who it is and then nothing; is the privacy password right, and AES-128 its cipher?"
      : "is it there, may this box ask it, and does it speak SNMPv3?";
  }

  seal(pdu: Pdu, now: number): Uint8Array<ArrayBuffer> {
    const { user, hash } = this.#security;
    const nobody = new Uint8Array();
    const common = { messageId: pdu.requestId };
    if (!this.#engine || !this.#keys) {
      const head = {
        ...common,
        isAuthenticated: false,
        isEncrypted: false,
        engineId: nobody,
        boots: 0,
        time: 0,
        user: "",
      };
      return encodeV3(head, encodeScoped(nobody, pdu), { authenticationBytes: 0, salt: nobody }).bytes;
    }
    const { id: engineId, boots } = this.#engine;
    const time = this.#engine.time + Math.floor((now - this.#engine.at) / 1_000);
    const salt = this.#salts();
    const data = encrypt({ key: this.#keys.privacy, boots, time, salt }, encodeScoped(engineId, pdu));
    const head = { ...common, isAuthenticated: true, isEncrypted: true, engineId, boots, time, user };
    const room = { authenticationBytes: authenticationBytes(hash), salt };
    const { bytes, authenticationAt } = encodeV3(head, data, room);
    bytes.set(authenticate(hash, this.#keys.authentication, bytes), authenticationAt);
    return bytes;
  }

  open(bytes: Uint8Array, now: number): Opened {
    const message = decodeV3(bytes);
    if (!message.isAuthenticated) return this.#report(message, now);
    if (!this.#isOurs(message, bytes)) return { kind: "foreign" };
    const pdu = this.#read(message);
    if (pdu.kind !== "report") return { kind: "answer", pdu };
    // Only who knows the key may set the clock that ours is compared with.
    if (pdu.bindings[0]?.oid !== NOT_IN_TIME) return { kind: "foreign" };
    this.#engine = { id: Uint8Array.from(message.engineId), boots: message.boots, time: message.time, at: now };
    return { kind: "again" };
  }

  /** A report that nothing proves: it may tell who the switch is, or that it refuses. Keys are never taken from it. */
  #report(message: V3Message, now: number): Opened {
    if (message.isEncrypted) return { kind: "foreign" };
    const pdu = decodeScoped(message.data);
    const about = pdu.bindings[0]?.oid ?? "";
    if (pdu.kind !== "report") return { kind: "foreign" };
    if (about === UNKNOWN_ENGINE && this.#engine === undefined && message.engineId.length >= 5) {
      const id = Uint8Array.from(message.engineId);
      const { hash, authPassword, privacyPassword } = this.#security;
      this.#engine = { id, boots: message.boots, time: message.time, at: now };
      this.#keys = {
        authentication: localKey(hash, authPassword, id),
        privacy: localKey(hash, privacyPassword, id),
      };
      return { kind: "again" };
    }
    if (about === UNKNOWN_ENGINE) {
      if (this.#isEngine(message.engineId)) return { kind: "foreign" }; // a late answer to a question that was repeated
      this.#engine = undefined; // it was replaced: asked anew with the next reading
      return { kind: "refused", why: "it says that it is another device than a moment ago" };
    }
    const why = REFUSALS[about];
    return why === undefined ? { kind: "foreign" } : { kind: "refused", why };
  }

  #isOurs({ authentication, authenticationAt, engineId, user }: V3Message, bytes: Uint8Array): boolean {
    const { hash, user: wanted } = this.#security;
    if (!this.#engine || !this.#keys || user !== wanted) return false;
    return this.#isEngine(engineId) && authentication.length === authenticationBytes(hash) &&
      isAuthentic(hash, this.#keys.authentication, bytes, authenticationAt);
  }

  #isEngine(id: Uint8Array): boolean {
    const known = this.#engine?.id;
    return known?.length === id.length && id.every((byte, at) => byte === known[at]);
  }

  #read({ isEncrypted, data, boots, time, salt }: V3Message): Pdu {
    return decodeScoped(isEncrypted ? decrypt({ key: this.#keys!.privacy, boots, time, salt }, data) : data);
  }
}
