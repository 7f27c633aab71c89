import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { describeError, GatewayError } from "../../core/errors.ts";
import { readCertificate } from "../../pki/certificate.ts";
import { readPem } from "../../pki/pem.ts";
import { RecordBook } from "../../people/record_book.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { DEVICE_LINK_LIMITS } from "./limits.ts";

/** What is stored of the certificate of one device. */
interface PinRecord {
  /** DER, base64. */
  readonly der: string;
  readonly at: number;
  /** Who approved it; absent: it was only presented. */
  readonly by?: string;
  /** Fingerprint of the certificate in `pinFile` when it was approved: a changed file wins again. "": no file. */
  readonly basedOn?: string;
}

/** A certificate of a device, for people. */
export interface PinView {
  readonly fingerprint: string;
  readonly at?: number;
  readonly by?: string;
  /** Subject, dates and version in words; what cannot be read is said. */
  readonly text: string;
  readonly source: "approved" | "file";
}

/** The approved certificates of devices, and those that they presented instead (invariant 3, BC-10). */
export class DevicePins {
  readonly #approved: RecordBook<PinRecord>;
  readonly #presented: RecordBook<PinRecord>;

  private constructor(approved: RecordBook<PinRecord>, presented: RecordBook<PinRecord>) {
    this.#approved = approved;
    this.#presented = presented;
  }

  static async open(store: Store): Promise<DevicePins> {
    return new DevicePins(
      await RecordBook.open(store, [...KEYS.devicePin, "approved"]),
      await RecordBook.open(store, [...KEYS.devicePin, "presented"]),
    );
  }

  /** The certificate that counts: the approved one, or the file when it is newer than that; undefined: none. */
  pinOf(station: string, file: Uint8Array | undefined): Uint8Array | undefined {
    const record = this.#approved.get(station);
    if (record && record.basedOn === fingerprintOrNone(file)) return new Uint8Array(Buffer.from(record.der, "base64"));
    return file;
  }

  /** The same for people. */
  view(station: string, file: Uint8Array | undefined): PinView | undefined {
    const record = this.#approved.get(station);
    const der = this.pinOf(station, file);
    if (!der) return undefined;
    const isApproved = record?.basedOn === fingerprintOrNone(file);
    return {
      fingerprint: fingerprintOf(der),
      text: describe(der),
      ...isApproved && record
        ? { at: record.at, source: "approved", ...record.by === undefined ? {} : { by: record.by } }
        : { source: "file" },
    };
  }

  /** What the device presents instead, for people. */
  presented(station: string): { readonly fingerprint: string; readonly at: number; readonly text: string } | undefined {
    const record = this.#presented.get(station);
    if (!record) return undefined;
    const der = Buffer.from(record.der, "base64");
    return { fingerprint: fingerprintOf(der), at: record.at, text: describe(der) };
  }

  /** Keeps what a device presents. @returns its fingerprint, and whether it is news */
  async keepPresented(station: string, der: Uint8Array, at: number): Promise<{ fingerprint: string; isNews: boolean }> {
    if (der.length === 0 || der.length > DEVICE_LINK_LIMITS.certificateBytes) {
      throw new GatewayError("DEVICE_PIN_INVALID", `A certificate of ${der.length} bytes is not kept for approval`, {
        hint: `At most ${DEVICE_LINK_LIMITS.certificateBytes} bytes`,
      });
    }
    const fingerprint = fingerprintOf(der);
    const isNews = this.presented(station)?.fingerprint !== fingerprint;
    if (isNews) await this.#presented.put(station, { der: Buffer.from(der).toString("base64"), at });
    return { fingerprint, isNews };
  }

  /**
   * A person compared the fingerprint and approves it.
   * @throws GatewayError DEVICE_PIN_INVALID when the device presented no such certificate, or one of version 1
   */
  async approve(
    station: string,
    typed: string,
    how: { readonly by: string; readonly at: number; readonly file: Uint8Array | undefined; readonly oldTls: boolean },
  ): Promise<string> {
    const record = this.#presented.get(station);
    const wanted = typed.replaceAll(/[\s:]/g, "").toLowerCase();
    const found = record && fingerprintOf(Buffer.from(record.der, "base64"));
    if (!record || !found) {
      throw new GatewayError(
        "DEVICE_PIN_INVALID",
        `Station "${station}" presented no certificate that waits for approval`,
        {
          hint: "Open its page once, then look with `station pin show`",
        },
      );
    }
    if (wanted !== found) {
      throw new GatewayError(
        "DEVICE_PIN_INVALID",
        `"${typed.slice(0, 100)}" is not the fingerprint of what the device presents`,
        {
          hint: "Compare all 64 digits of `station pin show` with the device itself",
        },
      );
    }
    const der = Buffer.from(record.der, "base64");
    if (!how.oldTls && versionOf(der) !== 3) {
      throw new GatewayError("DEVICE_PIN_INVALID", `The certificate of "${station}" is not of X.509 version 3`, {
        hint: "Only the declared helper proves such a device: `oldTls: by-openssl-helper` under its `ui`",
      });
    }
    await this.#approved.put(station, {
      der: record.der,
      at: how.at,
      by: how.by,
      basedOn: fingerprintOrNone(how.file),
    });
    await this.#presented.remove([station]);
    return found;
  }
}

/** SHA-256 of a certificate, lower-case hex. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}

/** The certificate of a `pinFile`: PEM or DER. @throws GatewayError DEVICE_PIN_INVALID */
export function readPinFile(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  if (!text.includes("-----BEGIN")) return bytes;
  const [der, ...more] = readPem(text, "CERTIFICATE");
  if (der && more.length === 0) return der;
  throw new GatewayError("DEVICE_PIN_INVALID", `A pinFile holds ${more.length + (der ? 1 : 0)} certificates`, {
    hint: "Exactly one: the device's own",
  });
}

function fingerprintOrNone(file: Uint8Array | undefined): string {
  return file ? fingerprintOf(file) : "";
}

function versionOf(der: Uint8Array): number | undefined {
  try {
    return readCertificate(der).version;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function describe(der: Uint8Array): string {
  try {
    const { version, notAfter } = readCertificate(der);
    return `X.509 v${version}, until ${new Date(notAfter).toISOString().slice(0, 10)}`;
  } catch (error) {
    return `it cannot be read: ${describeError(error)}`;
  }
}
