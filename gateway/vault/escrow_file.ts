import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { armor, Decrypter, Encrypter } from "age-encryption";
import { z } from "zod";
import { GatewayError } from "../core/errors.ts";
import { SECRET_SLOTS } from "../../policies/secret_schedule.ts";

const EscrowedSecret = z.strictObject({
  subject: z.string(),
  slot: z.enum(SECRET_SLOTS),
  /** Controllers that have this value as far as is known; empty for one before, or one that is to be set. */
  stations: z.array(z.string()),
  number: z.int(),
  state: z.enum(["before", "in-force", "next"]),
  at: z.string(),
  text: z.string(),
});
/** One value in an escrow. */
export type EscrowedSecret = z.infer<typeof EscrowedSecret>;

const EscrowContent = z.strictObject({
  form: z.literal("bulkhead-escrow-1"),
  site: z.string(),
  madeAt: z.string(),
  /** Every value up to this number is in it. */
  upTo: z.int(),
  secrets: z.array(EscrowedSecret),
});
/** What an escrow holds. */
export type EscrowContent = z.infer<typeof EscrowContent>;

/** An escrow as it goes off the box: an armored age file, and the hash that says that it arrived whole. */
export interface EscrowFile {
  readonly text: string;
  /** SHA-256 of the file's bytes, lower-case hex. */
  readonly sha256: string;
}

/** Seals an escrow to its recipients, each of whom opens it alone, in the standard age v1 format. */
export async function sealEscrow(content: EscrowContent, recipients: readonly string[]): Promise<EscrowFile> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const text = armor.encode(await encrypter.encrypt(JSON.stringify(content)));
  return { text, sha256: hashOf(text) };
}

/** The hash of an escrow as `sha256sum` prints it. */
export function hashOf(text: string): string {
  return createHash("sha256").update(Buffer.from(text)).digest("hex");
}

/** Opens an escrow with a secret recovery key. @throws GatewayError SECRET_ESCROW_INVALID that repeats neither */
export async function openEscrow(text: string, identity: string): Promise<EscrowContent> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  let plain: string;
  try {
    plain = await decrypter.decrypt(armor.decode(text.trim()), "text");
  } catch (cause) {
    const isOther = cause instanceof Error && /no identity/.test(cause.message);
    throw new GatewayError(
      "SECRET_ESCROW_INVALID",
      isOther
        ? "Cannot open the escrow: it is sealed to other keys"
        : "Cannot open the escrow: it is cut off or changed",
      {
        hint: isOther
          ? "Use the secret half of one of vault.escrow.recipients at the time of the escrow"
          : "Fetch it again from where it is kept, whole, with its first and last line",
      },
    );
  }
  const content = EscrowContent.safeParse(readJson(plain));
  if (content.success) return content.data;
  throw new GatewayError("SECRET_ESCROW_INVALID", "Cannot read the escrow: it is of another form than this version's", {
    hint: "Open it with the version of the gateway that made it, or with `age --decrypt`",
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the parser repeats what it read
  }
}
