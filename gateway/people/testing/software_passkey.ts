import { Buffer } from "node:buffer";
import type { Json } from "../../core/control_api.ts";

/** What an authenticator may be told to do wrong. */
export interface PasskeyFaults {
  readonly origin?: string;
  readonly rpId?: string;
  /** Without PIN or finger: the person is present, not verified. */
  readonly unverified?: boolean;
  readonly challenge?: string;
  readonly counter?: number;
}

/** An authenticator in software: ES256, attestation "none" (WebAuthn level 3, sections 6.1 and 8.7). */
export class SoftwarePasskey {
  readonly id = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
  counter = 0;

  private constructor(readonly keys: CryptoKeyPair, readonly origin: string) {}

  static async make(origin: string): Promise<SoftwarePasskey> {
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    return new SoftwarePasskey(keys, origin);
  }

  /** As navigator.credentials.create answers. */
  async create(options: Json, faults: PasskeyFaults = {}): Promise<Json> {
    const { challenge, rp } = options as unknown as { challenge: string; rp: { id: string } };
    const { x, y } = await crypto.subtle.exportKey("jwk", this.keys.publicKey);
    const point = (text: string) => Buffer.from(text, "base64url");
    const cose = cborMap([[cborInt(1), cborInt(2)], [cborInt(3), cborInt(-7)], [cborInt(-1), cborInt(1)], [
      cborInt(-2),
      cborBytes(point(x!)),
    ], [cborInt(-3), cborBytes(point(y!))]]);
    const id = Buffer.from(this.id, "base64url");
    const credential = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cose]);
    const authData = Buffer.concat([await this.#head(rp.id, 0x40, faults), credential]);
    const attestation = cborMap([
      [cborText("fmt"), cborText("none")],
      [cborText("attStmt"), cborMap([])],
      [cborText("authData"), cborBytes(authData)],
    ]);
    return this.#answer("webauthn.create", challenge, faults, { attestationObject: attestation.toString("base64url") });
  }

  /** As navigator.credentials.get answers. */
  async get(options: Json, faults: PasskeyFaults = {}): Promise<Json> {
    const { challenge, rpId } = options as unknown as { challenge: string; rpId: string };
    this.counter++;
    const authData = await this.#head(rpId, 0, faults);
    const clientData = this.#clientData("webauthn.get", challenge, faults);
    const signed = Buffer.concat([authData, Buffer.from(await crypto.subtle.digest("SHA-256", clientData))]);
    const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, this.keys.privateKey, signed);
    return this.#answer("webauthn.get", challenge, faults, {
      authenticatorData: authData.toString("base64url"),
      signature: derSignature(Buffer.from(raw)).toString("base64url"),
    });
  }

  async #head(rpId: string, more: number, { rpId: other, unverified, counter }: PasskeyFaults): Promise<Buffer> {
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(other ?? rpId)));
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter ?? this.counter);
    return Buffer.concat([hash, Buffer.from([0x01 | (unverified ? 0 : 0x04) | more]), count]);
  }

  #clientData(type: string, challenge: string, faults: PasskeyFaults): Buffer<ArrayBuffer> {
    const { origin = this.origin, challenge: other = challenge } = faults;
    return Buffer.from(JSON.stringify({ type, challenge: other, origin, crossOrigin: false }));
  }

  #answer(type: string, challenge: string, faults: PasskeyFaults, response: Record<string, string>): Json {
    const clientDataJSON = this.#clientData(type, challenge, faults).toString("base64url");
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key",
      clientExtensionResults: {},
      response: { ...response, clientDataJSON },
    };
  }
}

function cborHead(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 256) return Buffer.from([(major << 5) | 24, value]);
  return Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
}
const cborInt = (value: number) => value >= 0 ? cborHead(0, value) : cborHead(1, -1 - value);
const cborBytes = (bytes: Uint8Array) => Buffer.concat([cborHead(2, bytes.length), bytes]);
const cborText = (text: string) => Buffer.concat([cborHead(3, text.length), Buffer.from(text)]);
function cborMap(entries: readonly (readonly [Buffer, Buffer])[]): Buffer<ArrayBuffer> {
  return Buffer.concat([cborHead(5, entries.length), ...entries.flat()]);
}

/** r and s as two DER integers, which is how authenticators sign. */
function derSignature(raw: Buffer): Buffer {
  const integer = (part: Buffer) => {
    let start = 0;
    while (start < part.length - 1 && part[start] === 0) start++;
    const rest = part.subarray(start), body = rest[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), rest]) : rest;
    return Buffer.concat([Buffer.from([0x02, body.length]), body]);
  };
  const both = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  return Buffer.concat([Buffer.from([0x30, both.length]), both]);
}
