import type { Fault } from "./fault.ts";
import { parseHostPort } from "./ip.ts";
import type { SiteRule } from "./site_rule.ts";

const oidc: SiteRule = {
  name: "login by OpenID Connect has a console to come back to, and groups that give a role",
  reads: ["people", "console"],
  check({ people: { oidc }, console }) {
    if (!oidc) return [];
    const path = ["people", "oidc"];
    return [
      ...console ? [] : [{
        path,
        at: "key" as const,
        wrong: "brings people back to the console, and there is none",
        wanted: "a console section",
      }],
      ...hasRole(oidc.roles, [...path, "roles"]),
      ...oidc.hosts.flatMap((host, at): Fault[] => {
        if (parseHostPort(host.includes(":") ? host : `${host}:443`)) return [];
        return [{ path: [...path, "hosts", at], wrong: `"${host}" is no host`, wanted: "a host or host:port" }];
      }),
    ];
  },
};

const ldap: SiteRule = {
  name: "login by LDAP is encrypted or said to be not, and groups give a role",
  reads: ["people"],
  check({ people: { ldap } }) {
    if (!ldap) return [];
    const path = ["people", "ldap"], isPlain = ldap.url.startsWith("ldap:");
    const faults: Fault[] = [...hasRole(ldap.roles, [...path, "roles"])];
    if (isPlain && ldap.plaintext === undefined) {
      faults.push({
        path: [...path, "url"],
        wrong: "is not encrypted: passwords would cross the wire for all to see",
        wanted: "ldaps://, or plaintext: isolated-segment beside it",
      });
    }
    if (!isPlain && ldap.plaintext !== undefined) {
      faults.push({
        path: [...path, "plaintext"],
        at: "key",
        wrong: "stands beside ldaps://",
        wanted: "one of the two",
      });
    }
    if ((ldap.bindDn === undefined) !== (ldap.bindPasswordFile === undefined)) {
      faults.push({ path, wrong: "has only one of bindDn and bindPasswordFile", wanted: "both or none" });
    }
    return faults;
  },
};

const keySwitch: SiteRule = {
  name: "a key switch is read by hald",
  reads: ["people", "hal"],
  check({ people: { keySwitch }, hal }) {
    if (!keySwitch || hal) return [];
    return [{
      path: ["people", "keySwitch"],
      at: "key",
      wrong: "is an input of the box, which only hald reads, and there is no hald",
      wanted: "a hal section",
    }];
  },
};

function hasRole(roles: Readonly<Record<string, readonly string[]>>, path: readonly string[]): Fault[] {
  if (Object.values(roles).some((groups) => groups.length > 0)) return [];
  return [{ path: [...path], wrong: "gives nobody a role, so nobody could log in", wanted: "at least one group" }];
}

/** Checks of the `people` section. */
export const PEOPLE_RULES: readonly SiteRule[] = [oidc, ldap, keySwitch];
