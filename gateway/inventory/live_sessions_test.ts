import { deepEqual, equal } from "node:assert/strict";
import { type LiveSession, LiveSessions } from "./live_sessions.ts";

const session = (id: string, stationId: string, worker = "ocpp-0"): LiveSession => ({
  session: id,
  stationId,
  worker,
  source: "127.0.0.1",
  securityProfile: 2,
  since: 0,
});

Deno.test("live sessions: a late end of a replaced session does not remove its successor (Q12)", () => {
  const live = new LiveSessions();
  live.add(session("old", "CP1"));
  equal(live.add(session("new", "CP1"))?.session, "old");
  equal(live.remove("old"), undefined);
  equal(live.ofStation("CP1")?.session, "new");
});

Deno.test("live sessions: a Worker's end removes its sessions and no others", () => {
  const live = new LiveSessions();
  live.add(session("a", "CP1", "ocpp-0"));
  live.add(session("b", "CP2", "ocpp-1"));
  deepEqual(live.removeWorker("ocpp-0").map((gone) => gone.stationId), ["CP1"]);
  deepEqual(live.all().map((left) => left.stationId), ["CP2"]);
});

Deno.test("live sessions: an open one tells its subprotocol, and opened again it replaces nobody", () => {
  const live = new LiveSessions();
  live.propose(session("a", "CP1"));
  equal(live.open("a", "ocpp2.1"), undefined);
  equal(live.ofStation("CP1")?.protocol, "ocpp2.1");
  equal(live.open("a", "ocpp2.1"), undefined);
  equal(live.get("a"), live.ofStation("CP1"));
  equal(live.open("b", "ocpp2.1"), "unknown");
});
