import { ConfigError, describeError } from "../gateway/core/errors.ts";
import { HAL_LIMITS } from "./limits.ts";
import {
  check,
  type Checked,
  either,
  flag,
  integer,
  list,
  literal,
  object,
  oneOf,
  optional,
  record,
  text,
} from "./schema.ts";
import { PERMISSION_CLASSES } from "./verb.ts";

const AbsolutePath = text({ min: 2, max: 200, form: /^\/[^\0]*$/ });
/** It is written into a ruleset: nothing that nft reads as more than a path. */
const PlainPath = text({ min: 2, max: 200, form: /^\/[A-Za-z0-9._/-]+$/ });

/** hald.json: what hald may touch and for whom. Unknown keys are refused. */
export const DaemonConfig = object({
  /** Users that may call, by name or number, and for what: read, secret, act. */
  callers: list(
    object({
      user: either(text({ min: 1, max: 32, form: /^[a-z_][a-z0-9_-]*$/ }), integer(0, 2 ** 32 - 2)),
      may: list(oneOf(PERMISSION_CLASSES), PERMISSION_CLASSES.length),
    }),
    16,
  ),
  /** The hardware key store; absent when the gateway keeps its key in a file. */
  keyStore: optional(either(
    object({
      kind: literal("tpm"),
      folder: AbsolutePath,
      tcti: text({ min: 1, max: 200 }),
      pcrs: optional(text({ max: 64, form: /^sha256:\d+(,\d+)*$/ })),
    }),
    object({
      kind: literal("pkcs11"),
      folder: AbsolutePath,
      module: AbsolutePath,
      tokenLabel: text({ min: 1, max: 32 }),
      pinFile: AbsolutePath,
      environment: optional(record(/^[A-Z][A-Z0-9_]*$/, text({ max: 300 }), 8)),
    }),
  )),
  /** The firewall: the folder of its rulesets, and a folder of the site's own *.nft files loaded with each of them. */
  firewall: optional(object({ folder: AbsolutePath, openFolder: optional(PlainPath) })),
  /** Spare interfaces on stations' ports of the switch, from which isolation is tried; absent: none. */
  probe: optional(object({ interfaces: list(text({ min: 1, max: 15, form: /^[A-Za-z0-9._:@-]+$/ }), 32) })),
  /** Interfaces on which hald listens for the switch at the other end (LLDP); absent: none. */
  lldp: optional(object({ interfaces: list(text({ min: 1, max: 15, form: /^[A-Za-z0-9._:@-]+$/ }), 16) })),
  /** Lid switches and door contacts on GPIO lines; absent: none. */
  tamper: optional(list(
    object({ name: text({ min: 1, max: 40 }), chip: AbsolutePath, line: integer(0, 1_023), activeLow: flag }),
    HAL_LIMITS.tamperInputs,
  )),
  /** Interfaces whose DHCP packets the gateway may receive and send; absent: none. */
  dhcp: optional(object({ interfaces: list(text({ min: 1, max: 15, form: /^[A-Za-z0-9._:@-]+$/ }), 16) })),
  /** Serial devices that the gateway may open; absent: none. */
  serial: optional(list(text({ min: 6, max: 120, form: /^\/dev\/[A-Za-z0-9._\/-]+$/ }), HAL_LIMITS.serialDevices)),
  /** Controllers whose TLS only OpenSSL speaks, each a visible exception (`oldTls` in site.yaml); absent: none. */
  oldTls: optional(list(
    object({ address: text({ min: 2, max: 45, form: /^[0-9A-Fa-f.:]+$/ }), port: integer(1, 65_535) }),
    HAL_LIMITS.oldTlsDevices,
  )),
  /**
   * chrony: the folder hald writes its configuration to, where that lies when chrony reads it, and the file of its report;
   * absent: the box's clock is somebody else's.
   */
  chrony: optional(object({ folder: AbsolutePath, installedAs: PlainPath, reportFile: AbsolutePath })),
  /** The watchdog chip; absent when systemd or nobody pets it. */
  watchdog: optional(object({ device: AbsolutePath, timeoutSeconds: integer(2, 3_600) })),
});
/** hald.json. */
export type DaemonConfig = Checked<typeof DaemonConfig>;

/** Reads hald.json. @throws ConfigError CFG_UNREADABLE, CFG_INVALID */
export async function loadDaemonConfig(path: string): Promise<DaemonConfig> {
  const textOfFile = await readBounded(path);
  try {
    return check(DaemonConfig, JSON.parse(textOfFile));
  } catch (error) {
    throw new ConfigError("CFG_INVALID", `Cannot use "${path}": ${describeError(error)}`, {
      hint: "docs/hal.md lists every key of hald.json",
      cause: error,
    });
  }
}

async function readBounded(path: string): Promise<string> {
  try {
    const { size } = await Deno.stat(path);
    if (size > HAL_LIMITS.configBytes) throw new RangeError(`it has ${size} bytes, at most ${HAL_LIMITS.configBytes}`);
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new ConfigError("CFG_UNREADABLE", `Cannot read hald's configuration "${path}"`, {
      hint: "Copy deploy/hald.json there and give it to hald with --config",
      cause: error,
    });
  }
}
