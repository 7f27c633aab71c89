import { RIG_NOW } from "./console_rig.ts";

const flow = (id: string, ends: readonly [string, string], what: string, because: string, packets: number) => {
  const zone = (end: string) => end.split(" ")[0]!;
  const [from, to] = ends;
  return { id, counter: "f0", path: "input", from, to, fromZone: zone(from), toZone: zone(to), what, because, packets };
};
const denied = (from: string, to: string, what: string, rule: string, allow: string, packets: number) => ({
  ...{ from, to, what, packets, rule, reason: "No flow is declared", allow },
  ...{ firstAt: RIG_NOW - 600_000, lastAt: RIG_NOW - 20_000 },
});

/** What `segmentation show` answers in a garage that is in use. */
export const SEGMENTATION_ANSWER = {
  state: { confirmed: "4a10fb7c", isLoaded: true, reloads: 0, missingInterfaces: [] },
  differs: false,
  zones: [
    { id: "ot", role: "ot", isolation: "private-vlan" },
    { id: "ot2", role: "ot", isolation: "shared" },
    { id: "uplink", role: "uplink", isolation: "shared" },
    { id: "mgmt", role: "management", isolation: "shared" },
  ],
  flows: [
    flow("ocpp.listeners.tls.listen.ot.tcp", ["ot", "box 10.20.0.1"], "tcp/8444", "ocpp.listeners.tls.listen", 18_204),
    flow("dns.listen.ot.udp", ["ot", "box 10.20.0.1"], "udp/53", "dns.listen 10.20.0.1:53", 977),
    flow("console.listen.mgmt.tcp", ["mgmt", "box 10.99.0.2"], "tcp/8443", "console.listen 10.99.0.2:8443", 412),
    flow("ocpp.csms.main.url.uplink", ["box", "uplink"], "tcp/443", "ocpp.csms.main.url csms.example:443", 2_011),
    flow("flow.ems", ["mgmt 10.99.0.9", "ot2 10.21.0.40"], "tcp/502", "the EMS reads the meter itself", 88),
    flow(
      "load-management.dlm",
      ["ot 10.20.0.11, 10.20.0.12", "ot each other"],
      "tcp+udp/1024-65535",
      "load management",
      0,
    ),
  ],
  refused: [{ what: "to the box without a declared flow", packets: 12 }],
  denied: [
    denied(
      ...["ot 10.20.0.15", "uplink 8.8.8.8", "udp/53", "segmentation.default-deny"] as const,
      "segmentation.redirect: { id: NAME, zone: ot, udp: 53, addresses: [8.8.8.8], to: BOX:PORT } answers it here",
      31,
    ),
    denied(
      ...["mgmt 10.99.0.200", "ot 10.20.0.11", "tcp/22", "segmentation.maintenance-port"] as const,
      "segmentation open STATION --port 22 --from 10.99.0.200 --minutes 30 --reason TEXT",
      3,
    ),
  ],
  openings: [{
    ...{ source: "10.99.0.9", station: "10.20.0.11", port: 22, stationId: "CP001", by: "anna" },
    ...{ reason: "ticket 4711", from: RIG_NOW - 60_000, until: RIG_NOW + 1_740_000 },
  }],
};
