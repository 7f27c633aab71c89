import type { TargetFile } from "tuf-js";
import type { Finding } from "../../../policies/firmware_trust.ts";
import { GatewayError } from "../../core/errors.ts";
import type { ImageClaim } from "../../core/firmware_api.ts";
import { createHash } from "node:crypto";
import type { ImageDigest } from "../image_digest.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import { claimOfTarget } from "./claim_of_target.ts";
import type { Incoming } from "./fetch_image.ts";
import type { TrustedTargets } from "./tuf_client.ts";

/** What the repository signs of one image. */
export interface TufFacts {
  readonly facts: { readonly sha256: string; readonly sha512?: string; readonly length: number };
  readonly releaseCounter?: number;
  /** Compares what came with what is signed. */
  judge(digest: Pick<ImageDigest, "sha256" | "sha512" | "bytes">): Finding;
}

/** An image of a repository: its claim is what the repository signs, its bytes come when they are read. */
export interface RepositoryImage {
  readonly claim: ImageClaim;
  readonly incoming: Incoming;
  readonly tuf: TufFacts;
}

type Open = (path: string) => Promise<AsyncIterable<Uint8Array>>;

/** One target as an image, with its SBOM and notes read; a reason when it is none. */
export async function openTarget(
  targets: TrustedTargets,
  path: string,
  open: Open,
  where: string,
): Promise<RepositoryImage | { readonly refused: string }> {
  const target = await targets.target(path);
  if (!target) return { refused: `${where} has no target "${path.slice(0, 200)}" that a role which may name it signs` };
  const read = claimOfTarget(target);
  if ("refused" in read) return { refused: `"${path}" of ${where} is no image: ${read.refused}` };
  const sha256 = target.hashes["sha256"], sha512 = target.hashes["sha512"];
  if (sha256 === undefined) return { refused: `"${path}" of ${where} is signed without a SHA-256` };
  const facts = { sha256, length: target.length, ...(sha512 === undefined ? {} : { sha512 }) };
  const text = async (name: string | undefined, most: number) =>
    name === undefined ? undefined : await readText(targets, name, open, most);
  const sbom = await text(read.sbom, FIRMWARE_LIMITS.sbomChars);
  const notes = await text(read.notes, FIRMWARE_LIMITS.notesChars);
  return {
    claim: { ...read.claim, ...(sbom === undefined ? {} : { sbom }), ...(notes === undefined ? {} : { notes }) },
    incoming: {
      parts: whenRead(() => open(prefixed(target))),
      fileName: read.claim.fileName!,
      where: `${path} of ${where}`,
    },
    tuf: {
      facts,
      ...(read.releaseCounter === undefined ? {} : { releaseCounter: read.releaseCounter }),
      judge: (digest) => judge(facts, digest, `${where}, ${targets.summary}`),
    },
  };
}

function judge(
  { sha256, sha512, length }: TufFacts["facts"],
  digest: Pick<ImageDigest, "sha256" | "sha512" | "bytes">,
  by: string,
): Finding {
  if (digest.bytes !== length) {
    return { found: "bad", detail: `the file has ${digest.bytes} bytes: ${by} signs ${length}` };
  }
  if (digest.sha256 !== sha256) {
    return { found: "bad", detail: `the file has SHA-256 ${digest.sha256}: ${by} signs ${sha256}` };
  }
  if (sha512 !== undefined && digest.sha512 !== undefined && digest.sha512 !== sha512) {
    return { found: "bad", detail: `the file has another SHA-512 than ${by} signs` };
  }
  return { found: "good", detail: `signed in ${by}` };
}

/** Reads a small target whole and compares it with what is signed. */
async function readText(targets: TrustedTargets, path: string, open: Open, most: number): Promise<string> {
  const target = await targets.target(path);
  const refuse = (what: string) => new GatewayError("FIRMWARE_UNTRUSTED", `The target "${path.slice(0, 200)}" ${what}`);
  if (!target) throw refuse("is signed by nobody who may");
  if (target.length > most) throw refuse(`has ${target.length} bytes: at most ${most}`);
  const whole = new Uint8Array(target.length);
  let at = 0;
  for await (const part of await open(prefixed(target))) {
    if (at + part.length > whole.length) throw refuse(`has more than the ${whole.length} bytes that are signed`);
    whole.set(part, at);
    at += part.length;
  }
  const hash = createHash("sha256").update(whole).digest("hex");
  if (at < whole.length || hash !== target.hashes["sha256"]) throw refuse("is not what is signed");
  return new TextDecoder().decode(whole);
}

/** Repositories with consistent snapshots put the hash before the file name (TUF 5.7.3). */
function prefixed({ path, hashes }: TargetFile): string {
  const at = path.lastIndexOf("/") + 1;
  return `${path.slice(0, at)}${Object.values(hashes)[0]}.${path.slice(at)}`;
}

async function* whenRead(open: () => Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Uint8Array> {
  yield* await open();
}
