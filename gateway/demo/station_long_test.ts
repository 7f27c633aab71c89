import { deepEqual, equal, match, ok } from "node:assert/strict";
import { WebSocketServer } from "ws";
import { waitFor } from "../../tests/support/wait_for.ts";
import { reconcile } from "./csms_ledger.ts";
import type { OcppVersion } from "./model.ts";
import type { SimulatedStation } from "./station.ts";
import type { StrictCsms } from "./strict_csms.ts";
import { accessTo, BADGE, KINDS, powerOn, specOf, startCsms } from "./testing/bench.ts";

/** Runs `test` with one CSMS and one station that reaches it directly, and ends both. */
async function withStation(
  { protocol, securityProfile }: { protocol: OcppVersion; securityProfile: 1 | 2 | 3 },
  test: (station: SimulatedStation, csms: StrictCsms) => Promise<void>,
): Promise<void> {
  const spec = specOf("CP001", protocol, securityProfile);
  const { csms, authority } = await startCsms(securityProfile, [spec.id]);
  const station = powerOn(spec, accessTo(csms, authority, spec));
  try {
    await waitFor("the station to boot", () => station.view.state === "available");
    await test(station, csms);
    deepEqual([...station.faults, ...csms.faults], []);
  } finally {
    await station.powerOff();
    await csms.stop();
  }
}

/** Charges until three meter values reached the CSMS, then unplugs. */
async function charge(station: SimulatedStation, csms: StrictCsms): Promise<void> {
  const before = csms.ledger.transactions.length;
  station.plugIn();
  await waitFor("three meter values", () => (csms.ledger.transactions[before]?.samples ?? 0) >= 3);
  station.unplug();
  await waitFor("the stop to arrive", () => !station.busy);
}

for (const kind of KINDS) {
  Deno.test(`demo station: ${kind.protocol} profile ${kind.securityProfile} boots, charges and stops in strict mode`, () =>
    withStation(kind, async (station, csms) => {
      await charge(station, csms);
      const [transaction] = csms.ledger.transactions;
      ok(transaction!.stopWh! > transaction!.startWh);
      ok(transaction!.samples >= 3);
      deepEqual(reconcile(station.sessions, csms.ledger.transactions), []);
      equal(csms.protocolOf("CP001"), kind.protocol);
    }));
}

for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const) {
  const kind = { protocol, securityProfile: 1 } as const;
  Deno.test(`demo station: ${protocol} goes on with its session after its connection broke`, () =>
    withStation(kind, async (station, csms) => {
      station.plugIn();
      await waitFor("a meter value", () => (csms.ledger.transactions[0]?.samples ?? 0) >= 1);
      await csms.disconnect("CP001");
      await waitFor("the reconnect", () => station.view.connects === 2 && station.view.state === "charging");
      const samples = csms.ledger.transactions[0]!.samples;
      await waitFor("more meter values", () => csms.ledger.transactions[0]!.samples > samples);
      station.unplug();
      await waitFor("the stop to arrive", () => !station.busy);
      equal(csms.ledger.transactions.length, 1);
      deepEqual(reconcile(station.sessions, csms.ledger.transactions), []);
    }));

  Deno.test(`demo station: ${protocol} starts and stops on the CSMS's order, and boots again after Reset`, () =>
    withStation(kind, async (station, csms) => {
      const old = protocol === "ocpp1.6";
      const started = old
        ? await csms.call("CP001", "RemoteStartTransaction", { idTag: BADGE })
        : await csms.call("CP001", "RequestStartTransaction", {
          remoteStartId: 1,
          idToken: { idToken: BADGE, type: "ISO14443" },
        });
      deepEqual(started, { status: "Accepted" });
      await waitFor("charging", () => (csms.ledger.transactions[0]?.samples ?? 0) >= 1);
      const { transactionId } = csms.ledger.transactions[0]!;
      const stopped = await csms.call("CP001", old ? "RemoteStopTransaction" : "RequestStopTransaction", {
        transactionId,
      });
      deepEqual(stopped, { status: "Accepted" });
      await waitFor("the stop", () => !station.busy);
      const boots: string[] = [];
      csms.listen(({ text }) => void (text.includes("BootNotification") && boots.push(text)));
      const reset = await csms.call("CP001", "Reset", { type: old ? "Soft" : "Immediate" });
      deepEqual(reset, { status: "Accepted" });
      await waitFor("the reboot", () => station.view.connects === 2 && station.view.state === "available");
      equal(boots.length, 1);
    }));

  Deno.test(`demo station: ${protocol} answers configuration, trigger and unknown requests`, () =>
    withStation(kind, async (_station, csms) => {
      if (protocol === "ocpp1.6") {
        deepEqual(await csms.call("CP001", "GetConfiguration", { key: ["SecurityProfile", "Nothing"] }), {
          configurationKey: [{ key: "SecurityProfile", readonly: true, value: "1" }],
          unknownKey: ["Nothing"],
        });
        deepEqual(await csms.call("CP001", "ChangeConfiguration", { key: "HeartbeatInterval", value: "90" }), {
          status: "Accepted",
        });
      } else {
        const where = { component: { name: "SecurityCtrlr" }, variable: { name: "SecurityProfile" } };
        deepEqual(await csms.call("CP001", "GetVariables", { getVariableData: [where] }), {
          getVariableResult: [{ attributeStatus: "Accepted", attributeValue: "1", ...where }],
        });
        deepEqual(await csms.call("CP001", "SetVariables", { setVariableData: [{ attributeValue: "2", ...where }] }), {
          setVariableResult: [{ attributeStatus: "Rejected", ...where }],
        });
      }
      const heard: string[] = [];
      csms.listen(({ text, outbound }) => void (outbound || heard.push(text)));
      deepEqual(await csms.call("CP001", "TriggerMessage", { requestedMessage: "Heartbeat" }), { status: "Accepted" });
      await waitFor("the heartbeat", () => heard.some((text) => text.includes('"Heartbeat"')));
      const refused = await csms.call("CP001", "GetLog", {
        logType: "SecurityLog",
        requestId: 1,
        log: { remoteLocation: "https://csms.example/log" },
      }).catch((error) => error.rpcErrorCode);
      equal(refused, "NotImplemented");
    }));
}

Deno.test("demo station: a badge that the CSMS does not know does not charge", () =>
  withStation({ protocol: "ocpp2.0.1", securityProfile: 1 }, async (station, csms) => {
    station.plugIn("DEADBEEF");
    await waitFor("the refusal", () => station.view.lastMessage === "badge DEADBEEF refused");
    equal(station.view.state, "available");
    deepEqual(csms.ledger.transactions, []);
  }));

Deno.test("demo station: a wrong password is shown as refused 401 and tried again", async () => {
  const spec = specOf("CP001", "ocpp1.6", 1);
  const { csms, authority } = await startCsms(1, [spec.id]);
  const station = powerOn(spec, { ...accessTo(csms, authority, spec), password: new Uint8Array(20) });
  try {
    await waitFor("two refusals", () => csms.refused >= 2);
    match(station.view.lastMessage, /refused 401/);
    equal(station.view.connects, 0);
  } finally {
    await station.powerOff();
    await csms.stop();
  }
});

Deno.test("demo station: a message that is not answered in time is sent again on a new connection", async () => {
  const spec = specOf("CP001", "ocpp1.6", 1);
  const sockets = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => spec.protocol });
  const heard: string[] = [];
  sockets.on("connection", (socket) => {
    socket.on("message", (data) => {
      const [, id, action] = JSON.parse(String(data)) as [number, string, string];
      heard.push(action);
      const boot = { status: "Accepted", currentTime: "2026-01-01T00:00:00Z", interval: 60 };
      const answers: Record<string, unknown> = {
        BootNotification: boot,
        StatusNotification: {},
        Authorize: { idTagInfo: { status: "Accepted" } },
      };
      if (answers[action]) socket.send(JSON.stringify([3, id, answers[action]]));
    });
  });
  await waitFor("the server", () => sockets.address() !== null);
  const endpoint = `ws://127.0.0.1:${(sockets.address() as { port: number }).port}`;
  const station = powerOn(spec, { endpoint }, 100);
  try {
    station.plugIn();
    await waitFor("two attempts to start", () => heard.filter((action) => action === "StartTransaction").length === 2);
    equal(station.view.connects, 2);
    equal(heard.filter((action) => action === "BootNotification").length, 1);
  } finally {
    await station.powerOff();
    sockets.close();
  }
});
