import { z } from "zod";
import { FilePath, listOf, Text, urlOf } from "../config/values.ts";

/** The `store` section. */
export const StoreConfig = z.strictObject({
  url: urlOf(["https:", "http:"], { mayHaveQuery: false }).optional().describe(
    "KV Connect endpoint shared by two gateways; absent: Deno KV in dataDir",
  ),
  accessTokenFile: FilePath.optional().describe("File with the access token of the endpoint"),
});
/** The `store` section. */
export type StoreConfig = z.infer<typeof StoreConfig>;

/** One place for backups; it has either `folder` or `sftp`. */
export const BackupTarget = z.strictObject({
  folder: Text.optional().describe("Folder, absolute or relative to the folder of site.yaml"),
  sftp: z.string().regex(/^([A-Za-z0-9._-]+@)?[A-Za-z0-9.-]+(:[1-9]\d{0,4})?:\/[^\0\r\n]*$/, {
    error: "[user@]host[:port]:/folder, as backup.example:/garage-12",
  }).optional().describe("SFTP server and folder, as [user@]host[:port]:/folder; the user is bulkhead when absent"),
  keyFile: FilePath.optional().describe("OpenSSH private key for sftp"),
  hostKeyFile: FilePath.optional().describe("Public host key of the SFTP server (one known_hosts or .pub line)"),
});

/** One place for backups. */
export type BackupTarget = z.infer<typeof BackupTarget>;

/** The `backup` section. */
export const BackupConfig = z.strictObject({
  recoveryKeyFile: FilePath.describe("Public recovery key (age); its secret half stays off this box"),
  targets: listOf(BackupTarget).min(1).describe("Where sealed backups go"),
  everyHours: z.int().min(1).max(720).default(24).describe("Hours between two backups"),
  keep: z.int().min(1).max(1_000).default(14).describe("Backups kept at each target; older ones are removed"),
});
/** The `backup` section. */
export type BackupConfig = z.infer<typeof BackupConfig>;
