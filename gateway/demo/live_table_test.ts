import { equal, match } from "node:assert/strict";
import { changeText, renderTable, type TableModel } from "./live_table.ts";
import type { StationView } from "./model.ts";

const VIEW: StationView = {
  id: "CP001",
  protocol: "ocpp1.6",
  securityProfile: 2,
  state: "charging",
  deliveredWh: 12_345,
  lastMessage: "MeterValues",
  sessions: 3,
  connects: 1,
  queued: 0,
  faults: 0,
};
const MODEL: TableModel = {
  header: ["Bulkhead demo"],
  stations: [VIEW, { ...VIEW, id: "CP002", protocol: "ocpp2.0.1", state: "offline", lastMessage: "refused 401" }],
  attacks: [
    { title: "a wrong password", refused: true, seen: "HTTP 401", rule: "admission.credential" },
    { title: "a trick", refused: false, seen: "HTTP 101" },
  ],
  attackCount: 2,
  refusedCount: 1,
  footer: "Ctrl-C ends",
};

Deno.test("demo table: one aligned row per station, the attacks with their rule", () => {
  equal(
    renderTable(MODEL, 120).join("\n"),
    `Bulkhead demo

station  protocol    profile  state     kWh    sessions  through gateway  last message
CP001    OCPP 1.6    2        charging  12.35  3         yes              MeterValues
CP002    OCPP 2.0.1  2        offline   12.35  3         no               refused 401

Attacks: 2, refused: 1
  refused  a wrong password: HTTP 401 by rule admission.credential
  NOT REFUSED  a trick: HTTP 101

Ctrl-C ends`,
  );
});

Deno.test("demo table: lines are cut to the terminal's width", () => {
  for (const line of renderTable(MODEL, 20)) equal(line.length <= 20, true);
  match(renderTable(MODEL, 20).join("\n"), /station {2}protocol {2}…/);
});

Deno.test("demo lines: a station is mentioned when its state, sessions or faults change", () => {
  equal(changeText(undefined, { ...VIEW, state: "offline" }), undefined);
  equal(
    changeText(undefined, VIEW),
    "CP001  OCPP 1.6  profile 2  charging  12.35 kWh  3 sessions  MeterValues",
  );
  equal(changeText(VIEW, { ...VIEW, deliveredWh: 99_000, lastMessage: "Heartbeat" }), undefined);
  match(changeText(VIEW, { ...VIEW, state: "available", sessions: 4 })!, /available.*4 sessions/);
  match(changeText(VIEW, { ...VIEW, faults: 1 })!, /charging \(1 faults\)/);
});
