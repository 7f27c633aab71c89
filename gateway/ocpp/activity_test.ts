import { deepStrictEqual as equal } from "node:assert/strict";
import { Activity } from "./activity.ts";
import { MESSAGE_TYPE } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";

class Talk {
  readonly activity = new Activity();

  station(action: string, payload: unknown, id = "1", fate: "passed" | "refused" | "taken" = "passed"): this {
    const frame = { type: MESSAGE_TYPE.call, id, action, payload, faults: [] };
    this.activity.see("CP", { from: "station", kind: "call", action, frame, fate });
    return this;
  }

  csms(action: string, payload: unknown, id = "1"): this {
    const frame = { type: MESSAGE_TYPE.callResult, id, action: "", payload, faults: [] };
    this.activity.see("CP", { from: "csms", kind: "reply", action, frame, fate: "passed" });
    return this;
  }

  status(connectorId: number, status: string): this {
    return this.station("StatusNotification", { connectorId, status, errorCode: "NoError" });
  }

  event(eventType: string, transactionId = "t1"): this {
    return this.station("TransactionEvent", { eventType, transactionInfo: { transactionId } });
  }

  get state(): string {
    return this.activity.of("CP").state;
  }
}

Deno.test("activity: what was never seen is unknown, also after a status of the station as a whole", () => {
  equal(new Talk().state, "unknown");
  equal(new Talk().status(0, "Available").state, "unknown");
  equal(new Talk().station("Heartbeat", {}).state, "unknown");
});

for (const status of ["Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"]) {
  Deno.test(`activity: 1.6 ${status} on one of two connectors is busy`, () => {
    const talk = new Talk().status(1, "Available").status(2, status);
    equal(talk.activity.of("CP"), { state: "busy", why: "connector 2 is occupied" });
    equal(talk.status(2, "Available").state, "idle");
  });
}

Deno.test("activity: 2.x Occupied is busy, Available and Faulted are idle", () => {
  const status = (connectorStatus: string) =>
    new Talk().station("StatusNotification", { evseId: 1, connectorId: 1, connectorStatus, timestamp: "t" }).state;
  equal(["Occupied", "Available", "Faulted", "Unavailable"].map(status), ["busy", "idle", "idle", "idle"]);
});

Deno.test("activity: a transaction of 1.6 runs from its start to its stop, with and without the CSMS's id", () => {
  const start = () => new Talk().status(1, "Available").station("StartTransaction", { connectorId: 1 }, "7");
  equal(start().activity.of("CP"), { state: "busy", why: "a transaction runs" });
  const named = start().csms("StartTransaction", { transactionId: 42 }, "7");
  equal(named.state, "busy");
  equal(named.station("StopTransaction", { transactionId: 41 }).state, "busy", "another one");
  equal(named.station("StopTransaction", { transactionId: 42 }).state, "idle");
  equal(start().station("StopTransaction", { transactionId: 9 }).state, "idle", "stopped before it had an id");
  const late = start().station("StopTransaction", { transactionId: 9 }).csms(
    "StartTransaction",
    { transactionId: 9 },
    "7",
  );
  equal(late.state, "idle", "an answer that comes late starts nothing");
});

Deno.test("activity: a connector that is available again ends its transaction, another's goes on", () => {
  const talk = new Talk().status(1, "Available").station("StartTransaction", { connectorId: 2 }, "7");
  equal(talk.status(1, "Available").state, "busy");
  equal(talk.status(2, "Available").state, "idle");
});

Deno.test("activity: transactions of 2.x run until Ended, also those whose beginning was not seen", () => {
  const talk = new Talk().event("Updated");
  equal(talk.state, "busy");
  equal(talk.event("Started", "t2").event("Ended").state, "busy");
  equal(talk.event("Ended", "t2").state, "unknown", "no connector has told its status");
});

Deno.test("activity: a boot forgets, a refused message says nothing, a taken one does", () => {
  equal(new Talk().status(1, "Charging").station("BootNotification", {}).state, "unknown");
  equal(
    new Talk().station("StatusNotification", { connectorId: 1, status: "Charging" }, "1", "refused").state,
    "unknown",
  );
  equal(new Talk().station("StatusNotification", { connectorId: 1, status: "Charging" }, "1", "taken").state, "busy");
});

Deno.test("activity: payloads of any shape are read without a fault, and what is kept is bounded", () => {
  const talk = new Talk();
  for (const payload of [null, 7, "x", [], {}, { connectorId: {} }, { transactionInfo: 7 }]) {
    for (const action of ["StatusNotification", "StartTransaction", "StopTransaction", "TransactionEvent"]) {
      talk.station(action, payload);
      talk.csms("StartTransaction", payload);
    }
  }
  const many = new Talk();
  for (let i = 1; i <= OCPP_LIMITS.activityEntries; i++) many.status(i, "Available");
  many.status(OCPP_LIMITS.activityEntries + 1, "Charging");
  equal(many.state, "idle", "one past the limit is not kept");
  equal(many.status(OCPP_LIMITS.activityEntries, "Charging").state, "busy");
});

Deno.test("activity: connectors are counted, and named when they are faulted or reserved", () => {
  const talk = new Talk().status(0, "Available").status(1, "Faulted").status(2, "Reserved").status(3, "Charging");
  equal(talk.activity.connectorsOf("CP"), { count: 3, faulted: ["1"], reserved: ["2"] });
  talk.status(1, "Available").status(2, "Available");
  equal(talk.activity.connectorsOf("CP"), { count: 3, faulted: [], reserved: [] });
  equal(talk.station("BootNotification", {}).activity.connectorsOf("CP"), { count: 0, faulted: [], reserved: [] });
  equal(new Activity().connectorsOf("nobody"), { count: 0, faulted: [], reserved: [] });
});
