import { z } from "zod";
import { FilePath, listOf, NameId, Text } from "../config/values.ts";
import { SecretSlotName } from "../config/secret_slot.ts";
import { VAULT_LIMITS } from "./limits.ts";

/** One key that opens escrows; its secret half stays off this box. */
export const EscrowRecipient = z.strictObject({
  name: Text.optional().describe("Who has the secret half, as it stands in status"),
  recipientFile: FilePath.describe("Public key (age), as `backup key` makes it"),
});

const Days = z.int().min(1).max(3_650).optional();

/** Several units with one secret (BC-02). */
export const SecretGroup = z.strictObject({
  id: NameId.describe("Its name in commands; that of no station or unit"),
  units: z.union([z.literal("all"), z.array(z.string().min(1).max(48)).min(1).max(VAULT_LIMITS.groupUnits)], {
    error: `all, or up to ${VAULT_LIMITS.groupUnits} units and stations that are no part of one`,
  }).describe("Its units, and stations that are no part of one; all: those that no group before it has"),
  slots: z.array(SecretSlotName).min(1).max(SecretSlotName.options.length).describe("Which of their secrets are one"),
});
/** Several units with one secret (BC-02). */
export type SecretGroup = z.infer<typeof SecretGroup>;

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
  groups: z.array(SecretGroup).max(VAULT_LIMITS.groups).default([]).describe(
    "Units that have one secret together; absent: each unit has its own, which is safer and, as the gateway changes them, no work",
  ),
  atOnce: z.int().min(1).max(32).default(4).describe("Units whose secrets are changed at the same time"),
});
/** The `vault` section. */
export type VaultConfig = z.infer<typeof VaultConfig>;
