import { z } from "zod";
import { FilePath, listOf, Text } from "../config/values.ts";

/** One key that opens escrows; its secret half stays off this box. */
export const EscrowRecipient = z.strictObject({
  name: Text.optional().describe("Who has the secret half, as it stands in status"),
  recipientFile: FilePath.describe("Public key (age), as `backup key` makes it"),
});

const Days = z.int().min(1).max(3_650).optional();

/** The `vault` section: the secrets of devices. */
export const VaultConfig = z.strictObject({
  escrow: z.strictObject({
    recipients: listOf(EscrowRecipient).max(8).default([]).describe(
      "Keys that open escrows, each alone; absent: backup.recoveryKeyFile",
    ),
    deliver: z.enum(["backup-targets", "by-hand"]).optional().describe(
      "Who brings an escrow off this box: the gateway to the targets of backups, or people with `secret escrow`; absent: the " +
        "gateway where the site has backups",
    ),
    waived: z.literal("secrets-exist-only-on-this-box").optional().describe(
      "Changes secrets without an escrow: whoever loses the box loses the controllers; stays in status",
    ),
  }).prefault({}).describe(
    "Copies of the secrets that only the offline keys open (a secret is changed when one is kept)",
  ),
  maxAgeDays: z.strictObject({
    user: Days.describe("Days after which the user's password is changed; absent: never by age"),
    operator: Days.describe("Days after which the operator's password is changed; absent: never by age"),
    installer: Days.describe("Days after which the installer's password is changed; absent: never by age"),
    manufacturer: Days.describe("Days after which the manufacturer's password is changed; absent: never by age"),
    puk: Days.describe("Days after which the recovery code is to be changed; absent: never by age"),
    "log-password": Days.describe("Days after which the password of logs is to be changed; absent: never by age"),
  }).prefault({}).describe("How old secrets may become"),
  revealMinutes: z.int().min(5).max(1_440).default(60).describe(
    "Minutes after which a secret that a person was shown is changed",
  ),
  atOnce: z.int().min(1).max(32).default(4).describe("Units whose secrets are changed at the same time"),
});
/** The `vault` section. */
export type VaultConfig = z.infer<typeof VaultConfig>;
