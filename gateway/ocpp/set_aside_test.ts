import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { AuditEvent } from "../core/control_api.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { RefusedPeer } from "./peer_identity.ts";
import type { Reporter } from "./reporter.ts";
import { SetAsideNotes, setAsideOf } from "./set_aside.ts";

const refused = (more: Partial<RefusedPeer>): RefusedPeer => ({
  kind: "refused",
  rule: "peer.chain",
  message: "m",
  ...more,
});

Deno.test("set aside: a stranger's certificate, without the name that nobody vouched for, and one out of date", () => {
  equal(setAsideOf(refused({ isStranger: true, commonName: "CP002" })), { rule: "peer.chain", reason: "m" });
  equal(setAsideOf(refused({ isStranger: true, rule: "peer.version" })), { rule: "peer.version", reason: "m" });
  for (const rule of ["peer.expired", "peer.not-yet-valid"]) {
    equal(setAsideOf(refused({ rule, commonName: "CP001" })), { rule, reason: "m", commonName: "CP001" });
  }
});

Deno.test("set aside: nothing else that is wrong with a certificate of a known CA, and nothing revoked", () => {
  for (
    const rule of ["peer.revoked", "peer.chain", "peer.purpose", "peer.version", "peer.resumed-unproven", "peer.key"]
  ) {
    equal(setAsideOf(refused({ rule, commonName: "CP001" })), undefined, rule);
  }
  equal(setAsideOf({ kind: "anonymous" }), undefined);
  equal(setAsideOf({ kind: "certificate", commonName: "CP001", fingerprint: "f", serial: "1" }), undefined);
});

function rig() {
  const clock = new ManualTime(), told: string[] = [];
  const reporter = {
    auditRepeating: ({ who, rule }: AuditEvent) => told.push(`${who} ${rule}`),
  } as unknown as Reporter;
  const notes = new SetAsideNotes({ clock, reporter });
  const note = (id: string, rule = "peer.chain", source = "10.0.0.1") => notes.note(id, source, { rule, reason: "m" });
  return { clock, told, note };
}

Deno.test("set aside: is told once a day for each station and fault, from wherever it comes", () => {
  const { clock, told, note } = rig();
  for (let i = 0; i < 1_000; i++) note("CP001", "peer.chain", `10.0.0.${i % 250}`);
  note("CP002");
  note("CP001", "peer.expired");
  equal(told, ["CP001 peer.chain", "CP002 peer.chain", "CP001 peer.expired"]);
  clock.advance(OCPP_LIMITS.setAsidePeriodMs - 1);
  note("CP001");
  equal(told.length, 3);
  clock.advance(1);
  note("CP001");
  equal(told.length, 4);
});

Deno.test("set aside: one station past the limit the oldest is told again", () => {
  const { told, note } = rig();
  for (let i = 0; i < OCPP_LIMITS.setAsideKinds; i++) note(`S${i}`);
  note("S0");
  equal(told.length, OCPP_LIMITS.setAsideKinds, "at the limit all are known");
  note("one more");
  note("S0");
  equal(told.length, OCPP_LIMITS.setAsideKinds + 2);
});
