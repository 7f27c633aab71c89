import { deepStrictEqual as equal } from "node:assert/strict";
import { CSMS_RULES } from "./rules_csms.ts";
import { Site } from "./schema.ts";

const MAIN = { id: "main", url: "wss://csms.example/ocpp" };
const EMS = { id: "ems", url: "wss://ems.example/ocpp", mode: "read-only" };
const station = (ocpp: object) => ({
  id: "CP001",
  ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, csms: "main", ...ocpp },
});

function faults(csms: object[], stations: object[] = [station({})]): string[] {
  const site = Site.parse({
    version: 1,
    site: { id: "g" },
    stations,
    ocpp: { listeners: [{ listen: "127.0.0.1:8444", tls: {} }], csms },
  });
  return CSMS_RULES.flatMap((rule) => rule.check(site, new Map())).map(({ path, wrong }) =>
    `${path.join(".")}: ${wrong}`
  );
}

Deno.test("config rules: mirrors and secondaries without fault", () => {
  const limited = { ...EMS, mode: "limited", actions: ["SetChargingProfile", "TriggerMessage"], stations: ["CP001"] };
  equal(
    faults([MAIN, limited, { ...EMS, id: "shadow" }], [station({ upstreams: [{ csms: "ems", passwordFile: "p" }] })]),
    [],
  );
});

Deno.test("config rules: a station's own csms is a primary", () => {
  equal(faults([MAIN, EMS], [station({ csms: "ems" })]), ['stations.0.ocpp.csms: the csms "ems" is read-only']);
});

Deno.test("config rules: actions belong to a limited csms, and never those that could lock a station out", () => {
  equal(faults([MAIN, { ...EMS, mode: "limited" }]), ["ocpp.csms.1: mode: limited and no actions"]);
  equal(faults([MAIN, { ...EMS, actions: ["Heartbeat"] }]), ["ocpp.csms.1.actions: mode read-only sends nothing"]);
  for (const action of ["ChangeConfiguration", "SetNetworkProfile", "CertificateSigned", "UpdateFirmware", "Reset"]) {
    for (const name of [action, `${action}-Signed`].filter((one) => !one.includes("-"))) {
      equal(faults([MAIN, { ...EMS, mode: "limited", actions: ["ClearCache", name] }]), [
        `ocpp.csms.1.actions.1: ${name} could lock a station out or take its secrets`,
      ]);
    }
  }
});

Deno.test("config rules: a mirror's stations and a station's upstreams exist", () => {
  equal(faults([MAIN, { ...EMS, stations: ["CP002"] }]), ['ocpp.csms.1.stations.0: there is no station "CP002"']);
  equal(faults([{ ...MAIN, stations: ["CP001"] }]), [
    "ocpp.csms.0.stations: a primary csms has the stations that name it",
  ]);
  const upstreams = [{ csms: "main" }, { csms: "ghost" }, { csms: "ems" }, { csms: "ems" }];
  equal(faults([MAIN, EMS], [station({ upstreams })]), [
    'stations.0.ocpp.upstreams.0.csms: "main" is the station\'s own csms',
    'stations.0.ocpp.upstreams.1.csms: there is no csms "ghost"',
    'stations.0.ocpp.upstreams.3.csms: upstreams[2] is for "ems" too',
  ]);
});
