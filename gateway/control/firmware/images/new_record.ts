import type { ImageRecord, ImageSource, Taken } from "../../../core/firmware_api.ts";
import { FIRMWARE_LIMITS } from "../../../firmware/limits.ts";

/** The record of an image that stands in quarantine and is to be published or held. */
export function newRecord(taken: Taken, source: ImageSource, who: string, now: number): ImageRecord {
  const { claim, verdict } = taken;
  return {
    sha256: taken.sha256,
    sizeBytes: taken.sizeBytes,
    vendor: claim.vendor.toLowerCase(),
    models: claim.models ?? [],
    version: claim.version,
    fileName: safeFileName(taken.fileName),
    state: verdict.outcome === "held" ? "held" : "quarantine",
    evidence: verdict.evidence,
    ...(taken.md5 === undefined ? {} : { md5: taken.md5 }),
    ...(claim.signature !== undefined && claim.certificate !== undefined
      ? { signature: { signature: claim.signature, certificatePem: claim.certificate } }
      : {}),
    ...(taken.releaseCounter === undefined ? {} : { releaseCounter: taken.releaseCounter }),
    hasSbom: claim.sbom !== undefined,
    addedAt: now,
    source: shownSource(source),
    who,
    ...(verdict.outcome === "held" ? { why: verdict.why } : {}),
    releasedBy: [],
  };
}

/** An image that came again: what it gained is added, what it was stays. */
export function mergedRecord(known: ImageRecord, { verdict, md5, claim }: Taken): ImageRecord {
  const models = known.models.length === 0 || (claim.models ?? []).length === 0
    ? known.models
    : [...new Set([...known.models, ...claim.models!])].slice(0, FIRMWARE_LIMITS.models);
  return {
    ...known,
    models,
    evidence: [...new Set([...known.evidence, ...verdict.evidence])],
    ...(md5 === undefined ? {} : { md5 }),
    ...(known.signature === undefined && claim.signature !== undefined && claim.certificate !== undefined
      ? { signature: { signature: claim.signature, certificatePem: claim.certificate } }
      : {}),
  };
}

/** Where an image came from, without secrets: user, password and query of a URL are left out. */
export function shownSource(source: ImageSource): string {
  switch (source.kind) {
    case "url": {
      const url = URL.parse(source.url);
      return url ? `${url.protocol}//${url.host}${url.pathname}`.slice(0, 300) : "a URL that cannot be read";
    }
    case "tuf":
      return `repository ${source.source}: ${source.target}`.slice(0, 300);
    case "bundle":
      return `bundle: ${source.target}`.slice(0, 300);
    case "upload":
      return "upload";
    case "vault":
      return `the vault: ${source.sha256.slice(0, 12)}`;
  }
}

/** A file name that is safe at the end of a URL and in every shell. */
export function safeFileName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._+-]/g, "_").replace(/^\.+/, "").slice(-FIRMWARE_LIMITS.nameChars);
  return safe === "" ? "image" : safe;
}
