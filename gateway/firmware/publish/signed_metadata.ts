import { Metadata, MetadataKind, Signature } from "@tufjs/models";
import type { OpenKey } from "./signing_key.ts";

/** Version of the TUF specification that the metadata follows. */
export const SPEC_VERSION = "1.0.31";

/** Kinds of metadata. */
export type Kind = "root" | "snapshot" | "targets" | "timestamp";

type Loose = { signed: Record<string, unknown>; signatures?: readonly unknown[] };

/** Metadata of a kind from JSON. Throws on what is none. */
export function readMetadata(kind: Kind, { signed, signatures = [] }: Loose): Metadata<never> {
  const read = Metadata.fromJSON as (kind: MetadataKind, data: unknown) => Metadata<never>;
  return read(kind as MetadataKind, { signed, signatures });
}

/** Adds signatures, in place of earlier ones by the same keys. */
export function addSignatures(metadata: Metadata<never>, keys: readonly OpenKey[]): void {
  for (const { key, sign } of keys) {
    metadata.sign((bytes) => new Signature({ keyID: key.keyid, sig: sign(bytes) }), true);
  }
}

/** The file of metadata. */
export function textOfMetadata(metadata: Metadata<never>): string {
  return `${JSON.stringify(metadata.toJSON(), null, 1)}\n`;
}

/** Signed metadata of a kind, as text. */
export function signedText(kind: Kind, signed: Record<string, unknown>, keys: readonly OpenKey[]): string {
  const metadata = readMetadata(kind, { signed: { _type: kind, spec_version: SPEC_VERSION, ...signed } });
  addSignatures(metadata, keys);
  return textOfMetadata(metadata);
}

/** A date as TUF writes it. */
export function expiry(now: number, days: number): string {
  return `${new Date(now + days * 86_400_000).toISOString().slice(0, 19)}Z`;
}
