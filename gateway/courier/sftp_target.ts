import { Buffer } from "node:buffer";
import type { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { ConfigError } from "../core/errors.ts";

/** An SFTP server that backups go to, with all that is needed to log in there. JSON. */
export interface SftpTarget {
  /** The target as written in site.yaml: its name in deliveries, audit and alarms. */
  readonly sink: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absolute folder on the server; it must exist. */
  readonly folder: string;
  /** OpenSSH or PEM private key. */
  readonly privateKey: string;
  /** The server's public host key in SSH wire form, base64; without it nothing is sent. */
  readonly hostKey?: string;
  /** Backups kept there; the oldest beyond are removed. */
  readonly keep: number;
  /** Site id: only names "bulkhead-<site>-..." are ever removed. */
  readonly site: string;
}

const DEFAULT_PORT = 22;
const DEFAULT_USER = "bulkhead";

/**
 * Every SFTP target of a site, keys by value.
 * @throws ConfigError CFG_INVALID when a location or host key cannot be read or the login key is missing
 */
export function sftpTargets(site: Site, files: SiteFiles): SftpTarget[] {
  const { backup } = site;
  if (backup === undefined) return [];
  return backup.targets.flatMap(({ sftp, keyFile, hostKeyFile }): SftpTarget[] => {
    if (sftp === undefined) return [];
    if (keyFile === undefined) {
      throw new ConfigError("CFG_INVALID", `SFTP target "${sftp}" has no keyFile to log in with`);
    }
    const pin = hostKeyFile === undefined ? undefined : parseHostKey(files.text(hostKeyFile), hostKeyFile);
    const common = { sink: sftp, site: site.site.id, keep: backup.keep, privateKey: files.text(keyFile) };
    const hostKey = pin === undefined ? {} : { hostKey: Buffer.from(pin).toString("base64") };
    return [{ ...common, ...parseSftpLocation(sftp), ...hostKey }];
  });
}

/** Splits "[user@]host[:port]:/folder". @throws ConfigError CFG_INVALID */
export function parseSftpLocation(text: string): Pick<SftpTarget, "host" | "port" | "user" | "folder"> {
  const match = /^(?:([A-Za-z0-9._-]+)@)?([A-Za-z0-9.-]+)(?::([1-9]\d{0,4}))?:(\/.*)$/.exec(text);
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (!match || port > 65_535) {
    throw new ConfigError("CFG_INVALID", `Cannot use SFTP target "${text}": wanted [user@]host[:port]:/folder`);
  }
  return { user: match[1] ?? DEFAULT_USER, host: match[2]!, port, folder: match[4]!.replace(/(.)\/+$/, "$1") };
}

/**
 * The key in a known_hosts line ("host ssh-ed25519 AAAA...") or a .pub line ("ssh-ed25519 AAAA... comment").
 * @throws ConfigError CFG_INVALID
 */
export function parseHostKey(text: string, file: string): Uint8Array<ArrayBuffer> {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const words = lines[0]?.split(/\s+/) ?? [];
  const at = words.findIndex((word) => /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521))$/.test(word));
  const key = new Uint8Array(Buffer.from(words[at + 1] ?? "", "base64"));
  if (lines.length === 1 && at >= 0 && keyType(key) === words[at]) return key;
  throw new ConfigError("CFG_INVALID", `Cannot use host key file "${file}": wanted one known_hosts or .pub line`, {
    hint: "`ssh-keyscan HOST` prints such lines; compare the fingerprint with the one the server's admin tells you",
  });
}

/** The type that a key in SSH wire form says it has; undefined when it is no key. */
export function keyType(key: Uint8Array): string | undefined {
  if (key.byteLength < 4) return undefined;
  const length = new DataView(key.buffer, key.byteOffset).getUint32(0);
  return key.byteLength < 4 + length || length > 64 ? undefined : new TextDecoder().decode(key.subarray(4, 4 + length));
}
