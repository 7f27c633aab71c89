import { findDuplicates } from "./duplicates.ts";
import type { Fault } from "./fault.ts";
import { isLoopback } from "./ip.ts";
import { secretBytes } from "./materials.ts";
import type { SiteRule } from "./site_rule.ts";

/** RFC 3414 section 11.2. */
const PASSWORD_CHARACTERS = 8;

const unique: SiteRule = {
  name: "switches are unique",
  reads: ["switches"],
  check: ({ switches = [] }) => [
    ...findDuplicates(switches, ({ id }) => id.toLowerCase()).map(({ index, first }) => ({
      path: ["switches", index, "id"],
      wrong: `the id is taken by switches[${first}]`,
      wanted: "an id of its own",
    })),
    ...findDuplicates(switches, ({ address, port }) => `${address}:${port}`).map(({ index, first }) => ({
      path: ["switches", index, "address"],
      wrong: `it is that of switches[${first}]`,
      wanted: "each switch once",
    })),
  ],
};

const oneWay: SiteRule = {
  name: "a switch is asked by SNMPv3 or by SNMPv2c",
  reads: ["switches"],
  check: ({ switches = [] }) =>
    switches.flatMap(({ snmp, address }, at): Fault[] => {
      const path = ["switches", at, "snmp"];
      const { user, authPasswordFile, privacyPasswordFile, communityFile, plaintext } = snmp;
      const isUser = [user, authPasswordFile, privacyPasswordFile].some((key) => key !== undefined);
      if (isUser && communityFile !== undefined) {
        return [{ path, wrong: "has both a user and a community", wanted: "one of both, SNMPv3 where the switch can" }];
      }
      if (communityFile !== undefined) {
        if (plaintext !== undefined || isLoopback(address)) return [];
        return [{
          path: [...path, "communityFile"],
          at: "key",
          wrong: "SNMPv2c is not encrypted",
          wanted: "plaintext: isolated-segment beside it, or a user of SNMPv3",
        }];
      }
      const missing = Object.entries({ user, authPasswordFile, privacyPasswordFile })
        .flatMap(([key, value]) => value === undefined ? [key] : []);
      if (missing.length === 0) return [];
      return [{
        path,
        wrong: `has no ${missing.join(", ")}`,
        wanted: "user, authPasswordFile and privacyPasswordFile",
      }];
    }),
};

const secrets: SiteRule = {
  name: "secrets of switches can be used",
  reads: ["switches"],
  check: ({ switches = [] }, materials) =>
    switches.flatMap(({ snmp }, at) =>
      (["authPasswordFile", "privacyPasswordFile", "communityFile"] as const).flatMap((key): Fault[] => {
        const file = snmp[key];
        const bytes = file === undefined ? undefined : materials.get(file);
        if (!bytes) return []; // absent, or its absence is a fault of its own
        const least = key === "communityFile" ? 1 : PASSWORD_CHARACTERS;
        const length = secretBytes(bytes).length;
        if (length >= least && length <= 255) return [];
        return [{
          path: ["switches", at, "snmp", key],
          wrong: `${file} holds ${length} characters`,
          wanted: `${least} to 255, and nothing else in the file`,
        }];
      })
    ),
};

/** Checks of the `switches` section. */
export const SWITCHES_SITE_RULES: readonly SiteRule[] = [unique, oneWay, secrets];
