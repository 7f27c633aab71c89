import { deepEqual, equal, match } from "node:assert/strict";
import type { AuditEvent } from "../core/control_api.ts";
import { HAPPENINGS_LIMITS, StationHappenings, withHappenings } from "./station_happenings.ts";

const STATIONS = [
  { id: "CP001", mac: "02:00:00:00:00:11", address: "10.20.0.11" },
  { id: "CP002", address: "10.20.0.12" },
];
const MODBUS = {
  lines: [{ id: "cp001", tcp: "10.20.0.11:502" }, { id: "meters", serial: { device: "/dev/ttyRS485" } }],
  units: [{ unit: 11, line: "cp001" }, { unit: 1, line: "meters" }],
};

function rig(stations: readonly { id: string; mac?: string; address?: string }[] = STATIONS) {
  let now = Date.UTC(2026, 10, 21, 12);
  const happenings = new StationHappenings({
    stations: () => stations as never,
    site: () => ({ modbus: MODBUS }) as never,
    now: () => now += 1_000,
  });
  const note = (event: string, more: Partial<AuditEvent> = {}) =>
    happenings.note({ event, class: "operation", who: "gateway", outcome: "ok", ...more });
  const kinds = (id: string) => happenings.of(id).map(({ kind }) => kind);
  return { happenings, note, kinds };
}

const WHOSE: readonly [
  what: string,
  event: string,
  more: Partial<AuditEvent>,
  station: string | undefined,
  kind: string,
][] = [
  ["a lease, by its device", "dhcp.lease.granted", { who: "CP001" }, "CP001", "dhcp"],
  ["a refusal, by its MAC", "dhcp.message.refused", { who: "02:00:00:00:00:11" }, "CP001", "dhcp"],
  ["a lease, by the MAC in its facts", "dhcp.lease.freed", { detail: { mac: "02:00:00:00:00:11" } }, "CP001", "dhcp"],
  ["a write, by its unit's line", "modbus.write.passed", { target: "unit 11" }, "CP001", "modbus"],
  ["a foreign client, by its line", "modbus.line.foreign-client", { target: "cp001" }, "CP001", "modbus"],
  ["a meter's write", "modbus.write.passed", { target: "unit 1" }, undefined, ""],
  ["a unit that is none", "modbus.write.passed", { target: "unit 99" }, undefined, ""],
  ["a page's request", "device.request.made", { target: "CP002" }, "CP002", "page"],
  ["a way that was opened", "people.access.opened", { target: "CP002" }, "CP002", "page"],
  ["a tunnel", "people.tunnel.opened", { target: "CP002" }, "CP002", "tunnel"],
  ["what is OCPP's", "station.firmware.changed", { who: "CP001" }, undefined, ""],
  ["a login of a person", "people.login.made", { who: "anna" }, undefined, ""],
  ["another station", "device.request.made", { target: "CP009" }, undefined, ""],
];
for (const [what, event, more, station, kind] of WHOSE) {
  Deno.test(`station happenings: ${what}: ${station ?? "of no station"}`, () => {
    const { note, kinds } = rig();
    note(event, more);
    deepEqual([kinds("CP001"), kinds("CP002")], [
      station === "CP001" ? [kind] : [],
      station === "CP002" ? [kind] : [],
    ]);
  });
}

Deno.test("station happenings: a refusal says by which rule; long facts are cut", () => {
  const { happenings, note } = rig();
  note("modbus.request.refused", {
    target: "unit 11",
    who: "ems",
    outcome: "refused",
    rule: "modbus.default",
    detail: { function: 6 },
  });
  note("device.request.made", { target: "CP001", who: "anna", detail: { path: "x".repeat(900) } });
  deepEqual(happenings.of("CP001").map(({ text }) => text.length <= 400), [true, true]);
  equal(happenings.of("CP001")[0]!.text, "modbus.request.refused refused by modbus.default: ems, function 6");
});

Deno.test("station happenings: as many as the limit of a station are remembered, the newest", () => {
  const { happenings, note } = rig();
  for (let at = 0; at <= HAPPENINGS_LIMITS.ofStation; at++) {
    note("device.request.made", { target: "CP001", who: `p${at}` });
  }
  equal(happenings.of("CP001").length, HAPPENINGS_LIMITS.ofStation);
  match(happenings.of("CP001")[0]!.text, /: p1$/);
});

Deno.test("station happenings: stations up to the limit are remembered, those of which something was heard last", () => {
  const { happenings, note } = rig(
    Array.from({ length: HAPPENINGS_LIMITS.stations + 1 }, (_, at) => ({ id: `S${at}` })),
  );
  for (let at = 0; at < HAPPENINGS_LIMITS.stations; at++) note("device.request.made", { target: `S${at}` });
  note("device.request.made", { target: "S0" });
  equal(happenings.of("S1").length, 1);
  note("device.request.made", { target: `S${HAPPENINGS_LIMITS.stations}` });
  deepEqual([happenings.of("S0").length, happenings.of("S1").length], [2, 0]);
});

Deno.test("station record: what OCPP said and what else happened, in the order of time", async () => {
  const { happenings, note } = rig();
  note("dhcp.lease.granted", { who: "CP001" });
  const ocpp = ["2026-11-21T11:59:00.000Z", "2026-11-21T13:00:00.000Z"].map((ts) =>
    JSON.stringify({ ts, station: "CP001", kind: "station", text: "[2]" })
  ).join("\n");
  const run = (lines: string) =>
    withHappenings(() => Promise.resolve({ text: lines || "Nothing", data: { lines } }), happenings);
  const { data } = await run(ocpp)({ station: "CP001" }, "anna");
  const kinds = (data as { lines: string }).lines.split("\n").map((line) => JSON.parse(line).kind);
  deepEqual(kinds, ["station", "dhcp", "station"]);
  equal((await run("")({ station: "CP002" }, "anna")).text, "Nothing");
});
