import type { Json } from "../core/control_api.ts";
import { IntegrityError } from "../core/errors.ts";
import { createVerifier } from "../control/audit/signer.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import type { BackupPlace, DecommissionParts } from "./parts.ts";
import type { DecommissionRecord } from "./record.ts";

/** Begins what is signed, so that a certificate's signature is good for nothing else. */
export const ERASURE_PREFIX = "bulkhead-erasure-v1\n";

/** A certificate as it stands in a file: the text that was signed, as it was signed. */
export interface SignedCertificate {
  readonly form: "bulkhead-erasure-1";
  readonly certificate: string;
  readonly keyId: string;
  readonly signature: string;
}

const iso = (at: number): string => new Date(at).toISOString();

/** What was erased where, what could not be, what is kept and why, and which backups still hold it. */
export function certificateText(
  { context: { site, clock }, kept }: Pick<DecommissionParts, "context" | "kept">,
  record: DecommissionRecord,
  backups: readonly BackupPlace[],
): string {
  const { number, station, label, reason, by, startedAt, approvals, steps, cleared, proof, live, erased, search } =
    record;
  const notDone = Object.entries(steps).flatMap(([step, end]) =>
    end?.state === "skipped" ? [{ step, by: end.by, because: end.note, at: iso(end.at) }] : []
  );
  const refused = cleared.filter(({ state }) => state === "refused" || state === "begun");
  return JSON.stringify({
    document: "certificate of erasure",
    number: `dec-${number}`,
    site: site.site.id,
    ...site.site.name === undefined ? {} : { name: site.site.name },
    station: { id: station, ...label },
    reason,
    askedBy: by,
    askedAt: iso(startedAt),
    approvedBy: approvals.map(({ who, at }) => ({ who, at: iso(at) })),
    made: iso(clock.now()),
    steps: Object.entries(steps).map(([step, end]) => ({ step, ...end!, at: iso(end!.at) })),
    atTheStation: cleared.map((each) => ({ ...each, at: iso(each.at) })),
    ...proof ? { reset: { ...proof, at: iso(proof.at) } } : {},
    ended: live ?? null,
    erased: (erased ?? []).filter(({ entries, files }) => entries + files > 0),
    lookedAt: (erased ?? []).map(({ name, holds }) => ({ name, holds })),
    search: search ? { ...search, at: iso(search.at) } : null,
    notDone: [
      ...notDone,
      ...refused.map(({ part, answer }) => ({ step: `clear ${part}`, because: `the station answered: ${answer}` })),
      ...search?.scrubbed === false
        ? [{ step: "scrub", because: "the store lies behind store.url: have its database compacted there" }]
        : [],
    ],
    kept,
    backups: backups.map((place) => ({
      ...place,
      ...place.files
        ? {
          files: place.files.slice(0, DECOMMISSION_LIMITS.backups).map(({ name, takenAt }) => ({
            name,
            takenAt: iso(takenAt),
          })),
          more: Math.max(0, place.files.length - DECOMMISSION_LIMITS.backups),
        }
        : {},
    })),
  } as unknown as Json);
}

/** Signs a certificate with the audit key. */
export async function signCertificate(
  sign: DecommissionParts["sign"],
  certificate: string,
): Promise<SignedCertificate> {
  return { form: "bulkhead-erasure-1", certificate, ...await sign(ERASURE_PREFIX + certificate) };
}

/**
 * Checks a certificate of erasure with nothing but its file and the public key of the site's audit chain.
 * @throws IntegrityError DECOMMISSION_CERTIFICATE_BROKEN when one byte of it was changed, AUDIT_KEY_INVALID
 */
export async function verifyCertificate(text: string, publicPem: string): Promise<Readonly<Record<string, Json>>> {
  const verify = await createVerifier(publicPem);
  const { certificate, keyId, signature } = parseSigned(text);
  if (!await verify(keyId, ERASURE_PREFIX + certificate, signature)) {
    throw broken("its signature is not of this key, or something in it was changed");
  }
  return JSON.parse(certificate);
}

/** Strict: one form, nothing beside it, so that no byte of the file is without meaning. */
function parseSigned(text: string): SignedCertificate {
  if (text.length > DECOMMISSION_LIMITS.certificateBytes) throw broken("it is too large");
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw broken("it is no JSON", cause);
  }
  const { form, certificate, keyId, signature } = (found ?? {}) as Partial<Record<keyof SignedCertificate, unknown>>;
  const isWhole = form === "bulkhead-erasure-1" && typeof certificate === "string" && typeof keyId === "string" &&
    typeof signature === "string";
  if (!isWhole) throw broken("it is no certificate of erasure");
  const signed: SignedCertificate = { form, certificate, keyId, signature };
  if (fileOf(signed) !== text.replace(/\r?\n$/, "\n")) throw broken("it is not written as this gateway writes it");
  return signed;
}

/** The file of a certificate. */
export function fileOf({ form, certificate, keyId, signature }: SignedCertificate): string {
  return `${JSON.stringify({ form, certificate, keyId, signature }, null, 2)}\n`;
}

/** What is no certificate, or none any more. */
export function broken(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError("DECOMMISSION_CERTIFICATE_BROKEN", `This certificate of erasure is not genuine: ${why}`, {
    hint: "Take the file as the gateway wrote it, and audit-public.pem of the same site with --key",
    ...cause === undefined ? {} : { cause },
  });
}
