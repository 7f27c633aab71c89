import type { Site } from "../config/schema.ts";

/** What of a station an exception is about; those of site.yaml and those adopted by command alike. */
type AnyStation = Pick<Site["stations"][number], "id" | "ocpp" | "ui">;

/**
 * Unsafe settings in force, in words; they stay visible in status for ever (DESIGN section 5). `stations` are those in
 * force: adopted ones too, and with the profile they climbed to.
 */
export function visibleExceptions(site: Site, stations: readonly AnyStation[] = site.stations): string[] {
  const listeners = (site.ocpp?.listeners ?? []).filter(({ plaintext }) => plaintext !== undefined);
  const upstreams = (site.ocpp?.csms ?? []).filter(({ plaintext }) => plaintext !== undefined);
  const unbound = stations.filter(({ ocpp }) => ocpp?.securityProfile === 0);
  const offline = (site.ocpp?.csms ?? []).filter(({ offlineAuthorisation }) => offlineAuthorisation === "free-vend");
  const modbus = (site.modbus?.listeners ?? []).filter(({ plaintext }) => plaintext !== undefined);
  const unproven = (site.time?.upstream ?? []).flatMap(({ ntp }) => ntp === undefined ? [] : [ntp]);
  const isTrial = site.ocpp?.rules !== undefined && site.ocpp.mode === "observe";
  return [
    ...listeners.map(({ listen }) => `OCPP on ${listen} is not encrypted (plaintext: isolated-segment)`),
    ...upstreams.map(({ id, url }) => `CSMS "${id}" is reached without encryption at ${url}`),
    ...modbus.map(({ listen, sources }) =>
      `Modbus on ${listen} is not encrypted and proves nobody's identity (plaintext: isolated-segment), for ` +
      `${sources?.join(", ") ?? "this box itself"}`
    ),
    ...site.modbus?.mode === "observe" ? ["The rules for Modbus are only tried out (modbus.mode: observe)"] : [],
    ...site.people.ldap?.plaintext ? [`Passwords for LDAP cross the wire unencrypted to ${site.people.ldap.url}`] : [],
    ...offline.map(({ id }) => `While CSMS "${id}" is away everybody may charge (offlineAuthorisation: free-vend)`),
    ...(site.switches ?? []).filter(({ snmp }) => snmp.plaintext !== undefined).map(({ id }) =>
      `Switch "${id}" is read by SNMPv2c: its community is not encrypted (plaintext: isolated-segment)`
    ),
    ...(site.firmware?.exceptions ?? []).filter(({ protocol }) => protocol !== "sftp").map((
      { protocol, listen, models },
    ) =>
      `Files of ${
        models.join(", ")
      } travel by ${protocol} on ${listen}, which is not encrypted (plaintext: isolated-segment)`
    ),
    ...site.dns?.mode === "observe" ? ["DNS refuses no name: the rules are only tried out (dns.mode: observe)"] : [],
    ...site.firmware?.campaigns.approvals === "one-person-decides"
      ? ["Firmware campaigns start on one person's word (firmware.campaigns.approvals: one-person-decides)"]
      : [],
    ...site.decommissioning.approvals === "one-person-decides"
      ? ["Stations are erased for ever on one person's word (decommissioning.approvals: one-person-decides)"]
      : [],
    ...site.firmware?.preset === "single-key"
      ? ["One key alone signs for all firmware of the site's repository (firmware.preset: single-key)"]
      : [],
    ...(site.firmware?.fetchHosts ?? []).flatMap(({ host, schemes }) => {
      const open = schemes.filter((scheme) => scheme === "http" || scheme === "ftp").join(" and ");
      return open === "" ? [] : [`Firmware may be fetched from ${host} by ${open}: its signature alone protects it`];
    }),
    ...site.vault.escrow.waived ? ["Device secrets are changed without a copy off this box (vault.escrow.waived)"] : [],
    ...unproven.map((host) => `The box's clock follows ${host}, whose answers nothing proves (time.upstream: ntp)`),
    ...isTrial ? ["The site's rules for OCPP are only tried out: they refuse nothing (ocpp.mode: observe)"] : [],
    ...unbound.map(({ id, ocpp }) => {
      const bound = ocpp?.binding === "address-alone-on-isolated-segment" ? "its address alone" : "its MAC and address";
      return `Station "${id}" connects without any credential (security profile 0, bound to ${bound})`;
    }),
    ...stations.filter(({ ui }) => ui?.plaintext !== undefined).map(({ id }) =>
      `The pages of station "${id}" are reached without encryption inside the OT zone (plaintext: isolated-segment)`
    ),
    ...stations.filter(({ ui }) => ui?.oldTls !== undefined).map(({ id }) =>
      `The pages of station "${id}" are reached by OpenSSL with TLS that is broken (oldTls: by-openssl-helper)`
    ),
    ...stations.filter(({ ocpp }) => ocpp?.quirks.includes("any-basic-user")).map(({ id }) =>
      `Station "${id}" may give any Basic user; only its password is compared (quirk any-basic-user)`
    ),
  ];
}
