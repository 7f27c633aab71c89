import type { Site } from "../../config/schema.ts";

/** One thing that only a person can do, before the gateway is erased. */
export interface SiteLine {
  /** As `gateway decommission told` takes it: "csms:main". */
  readonly id: string;
  /** What is to be done, and by whom. */
  readonly what: string;
}

/**
 * Who holds something of this gateway, from its configuration: each is told by a person, or passed over with a reason. Empty only
 * for a site without anything; the journal of the box is always one of them.
 */
export function siteLines(site: Site): readonly SiteLine[] {
  const line = (id: string, what: string): SiteLine => ({ id, what });
  const { intermediate } = site.pki;
  return [
    line(
      "ca",
      "Take this site's CA (`cert export-ca`) out of everything that trusts it: stations that stay, Modbus clients, browsers" +
        (intermediate ? "; have the CA above revoke its intermediate" : ""),
    ),
    line("journal", "Empty the box's own journal of this service (`journalctl`), and what a log collector took of it"),
    ...partners(site),
    ...people(site),
    ...receivers(site),
    ...network(site),
    ...keepers(site),
  ].toSorted((a, b) => a.id < b.id ? -1 : 1);
}

function partners({ ocpp, modbus, stations }: Site): readonly SiteLine[] {
  const csms = (ocpp?.csms ?? []).map(({ id, url }) => {
    const own = stations.filter((station) => station.ocpp?.csms === id).length;
    const what = `Have who runs the CSMS "${id}" (${url}) withdraw the credentials and certificates of ${own} stations`;
    return { id: `csms:${id}`, what: `${what} and of this gateway` };
  });
  const clients = (modbus?.listeners ?? []).filter(({ tls }) => tls !== undefined).map(({ id, listen }) => ({
    id: `modbus:${id}`,
    what: `Tell whose Modbus clients connect to ${listen} that nobody answers there any more`,
  }));
  return [...csms, ...clients];
}

function people({ people: { oidc, ldap } }: Site): readonly SiteLine[] {
  return [
    ...oidc ? [{ id: "oidc", what: `Remove the client "${oidc.clientId}" at ${oidc.issuer}` }] : [],
    ...ldap ? [{ id: "ldap", what: `Remove this gateway's own account at ${ldap.url}` }] : [],
  ];
}

function receivers({ audit, notify, telemetry }: Site): readonly SiteLine[] {
  const syslog = audit.syslog.length > 0;
  return [
    ...syslog ? [{ id: "syslog", what: "Have the log servers take nothing more in this gateway's name" }] : [],
    ...notify.length > 0
      ? [{ id: "notify", what: "Withdraw this gateway's tokens and mail account at the receivers of its alarms" }]
      : [],
    ...telemetry ? [{ id: "telemetry", what: "Take this gateway out of the metrics server" }] : [],
  ];
}

function network({ console: pages, dhcp, pki, switches }: Site): readonly SiteLine[] {
  return [
    ...pages ? [{ id: "dns", what: `Take ${pages.hostname} and the names below it out of DNS` }] : [],
    ...pki.acme ? [{ id: "acme", what: "Revoke the console's certificate at the ACME server" }] : [],
    ...dhcp?.relay ? [{ id: "dhcp", what: "Take this gateway's certificate out of the central DHCP server" }] : [],
    ...switches ? [{ id: "switches", what: "Remove this gateway's account at the switches" }] : [],
  ];
}

function keepers({ backup, hal, store }: Site): readonly SiteLine[] {
  const places = backup?.targets.map(({ folder, sftp }) => folder ?? sftp ?? "").join(", ");
  const chip = hal?.keyStore === "tpm" ? "clear the TPM" : "initialise the token";
  return [
    ...backup
      ? [{
        id: "backups",
        what:
          `Have who holds the recovery key destroy it, or say until when: backups and escrows at ${places} open with it`,
      }]
      : [],
    ...hal ? [{ id: "hald", what: "Remove hald's own folder and the firewall rules that it loads at boot" }] : [],
    ...hal && hal.keyStore !== "file"
      ? [{ id: "key-store", what: `The root key is hald's: ${chip}, which makes every copy worthless` }]
      : [],
    ...store.url === undefined
      ? []
      : [{ id: "store", what: `Have the database behind ${store.url} compacted, and its backups deleted` }],
  ];
}
