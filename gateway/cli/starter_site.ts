const NETWORK = `# On a real box, name its zones. Stations live on zones of role ot; people never do.
# network:
#   zones:
#     - { id: ot, role: ot, interface: eth1, address: 10.20.0.1/24 }
#     - { id: uplink, role: uplink, interface: eth0 }
#     - { id: mgmt, role: management, interface: eth2, address: 10.99.0.2/24 }
#   uplink: { pingSeconds: 60, proxy: { url: "http://proxy.example:3128", credentialsFile: secrets/proxy } }   # docs/uplink.md`;

/** The commented site.yaml that `init` writes. It runs on loopback as it stands. */
export function starterSite(siteId: string): string {
  return `# A starter site: it runs on loopback as it stands. \`check\` judges it, \`run\` starts it.
# Every key with its meaning: docs/configuration.md. What is absent is off. Secrets stand in files of their own.
version: 1

site:
  id: ${JSON.stringify(siteId)}
  name: "Starter site"                  # for people
  timeZone: Europe/Berlin               # of reports; stored times are UTC
  dataDir: ./data                       # store, audit, control socket; only the gateway may read it

${NETWORK}

# Pages and REST API for people. Never on an OT zone. The certificate comes from the site's own CA.
console:
  listen: 127.0.0.1:8443
  hostname: localhost

# People: the first start prints a setup code for the console. What is absent has good defaults: docs/people.md
# people:
#   passwordPolicy: nist-63b              # or evlink-pro-dc, bender-strong: \`user policy\` shows them side by side
#   oidc: { issuer: "https://idp.example", clientId: bulkhead, clientSecretFile: secrets/oidc, roles: { operator: [ev-ops] } }

# Station ids are the OCPP identities: always text, so write "012" in quotes.
stations:
  - id: CP001
    ocpp:
      protocols: [ocpp1.6, ocpp2.0.1]
      securityProfile: 2                # 2: TLS and Basic, 3: mutual TLS, 1: plain and Basic
      passwordFile: secrets/CP001       # made by init: give it to the station
      csms: main
  - id: CP002
    ocpp:
      protocols: [ocpp1.6]
      securityProfile: 1
      passwordFile: secrets/CP002
      csms: main

ocpp:
  listeners:
    # Stations connect to wss://127.0.0.1:8444/ocpp/CP001
    - { id: tls, listen: "127.0.0.1:8444", tls: {} }
    # Profile 1 only, on loopback or an address of an OT zone. Shown as unsafe for ever: it is not encrypted.
    - { id: plain, listen: "127.0.0.1:8445", plaintext: isolated-segment }
  csms:
    # Your CSMS. For a real one: url: "wss://csms.example/ocpp", caFile: certs/csms-ca.pem, and no plaintext.
    # onLoss: store-and-forward answers the stations while it is away and sends it everything later: docs/outages.md
    - { id: main, url: "ws://127.0.0.1:9000/ocpp", plaintext: isolated-segment }
    # A second one gets copies with mode: read-only, and may send some actions with mode: limited: docs/upstreams.md
  # What the CSMS may not do to the stations. \`policy test\` tries the rules, \`policy explain\` and \`policy diff\` show
  # what they do; with mode: observe they refuse nothing and are recorded.
  # rules: rules/ocpp.yaml
  # mode: observe

# Prometheus metrics at http://127.0.0.1:9464/metrics
telemetry:
  metricsListen: 127.0.0.1:9464

audit:
  retentionDays: 400
  # syslog: [{ tls: "siem.example:6514", caFile: certs/siem-ca.pem }]

# Who is told of alarms:
# notify:
#   - { webhook: "https://ops.example/hook", minSeverity: warning }

# Sealed backups: make the recovery key off this box, keep its secret half there.
# backup: { recoveryKeyFile: certs/recovery.pub, targets: [{ folder: /mnt/backup }] }
`;
}

/** The rules file that `init` writes beside it, for when `ocpp.rules` is switched on. It relays everything. */
export const STARTER_RULES =
  `# The site's own rules for OCPP messages, used once ocpp.rules in site.yaml names this file.
# Deny wins, then the first allow; what no rule allows is refused. Transaction messages are never refused.
# Every key of a rule: docs/policy-table.md. How to test and replay rules: docs/policies.md.

# - id: firmware-hosts
#   effect: deny
#   because: Firmware and logs go through our own server only
#   from: csms
#   actions: [UpdateFirmware, SignedUpdateFirmware, PublishFirmware, GetDiagnostics, GetLog]
#   hostsOutside: [fw.example]

# - id: few-resets
#   effect: deny
#   because: More than three resets of a station in an hour help nobody
#   from: csms
#   actions: [Reset]
#   rate: { over: 3, seconds: 3600 }

- id: everything-else
  effect: allow
  because: The rest of OCPP is relayed
`;
