import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { KEYS } from "../../gateway/store/keys.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import { type RehomingRig, type RigStation, withRehoming } from "../support/rehoming_rig.ts";
import { waitFor } from "../support/wait_for.ts";

/** What a CSMS does not get of what was kept for it: messages of another version, and what cannot be opened. */

const NOW = "2026-01-01T00:00:00Z";
const START = { connectorId: 1, idTag: "04A1", meterStart: 5, timestamp: NOW };
const meter = (value: number) => ({
  connectorId: 1,
  meterValue: [{ timestamp: NOW, sampledValue: [{ value: String(value) }] }],
});
const EVENT = {
  eventType: "Started",
  timestamp: NOW,
  triggerReason: "Authorized",
  seqNo: 0,
  transactionInfo: { transactionId: "t-2" },
  evse: { id: 1, connectorId: 1 },
};

/** A station that may speak both versions, with a CSMS for which messages are kept. */
const withKept = (test: (rig: RehomingRig) => Promise<void>) =>
  withRehoming(
    async (rig) => {
      const { csms } = rig;
      csms.answers.set("StartTransaction", () => ({ transactionId: 7, idTagInfo: { status: "Accepted" } }));
      for (const action of ["MeterValues", "TransactionEvent"]) csms.answers.set(action, () => ({}));
      await test(rig);
    },
    { protocols: ["ocpp1.6", "ocpp2.0.1"] },
    () => ({}),
    { onLoss: "store-and-forward", offlineAuthorisation: "free-vend", graceSeconds: 0 },
  );

/** The CSMS goes, and these messages of the station are kept. */
async function keep({ csms, gateway }: RehomingRig, station: RigStation, values: readonly number[]): Promise<number> {
  await station.call("Heartbeat", {});
  csms.isAway = true;
  csms.cut();
  const { transactionId } = await station.call("StartTransaction", START);
  for (const value of values) await station.call("MeterValues", meter(value));
  await waitFor("the messages to be kept", async () => {
    return (await gateway.command("outage list")).text.includes(` ${values.length + 1} `);
  });
  return Number(transactionId);
}

const methods = ({ csms }: RehomingRig) =>
  csms.requests.filter(({ method }) => method !== "Heartbeat").map(({ method }) => method);

Deno.test("product: what was kept in 1.6 is not sent to the station's 2.0.1 connection: it is told, waits, and goes out in 1.6", () =>
  withKept(async (rig) => {
    const { csms, gateway } = rig;
    const old = await rig.station("S16");
    ok(await keep(rig, old, [1, 2]) >= 2_000_000_000);
    await old.close();
    csms.isAway = false;
    const updated = await rig.station("S16", { version: "ocpp2.0.1" });
    equal(await updated.call("TransactionEvent", EVENT), {});
    equal(methods(rig), ["TransactionEvent"]);
    match((await gateway.command("outage list")).text, /S16 .* 3 IN ANOTHER VERSION than ocpp2\.0\.1: not sent/);
    match(
      (await gateway.command("outage refused", { station: "S16" })).text,
      /StartTransaction +OtherVersion it is in ocpp1\.6/,
    );
    await waitFor("the alarm", async () => (await gateway.command("alarms list")).text.includes("ocpp.outage.version"));
    const { text } = await gateway.command("outage export", { station: "S16" });
    equal(text.split("\n").map((line) => JSON.parse(JSON.parse(line).message)[3]), [START, meter(1), meter(2)]);
    // live, it goes on, and its own outage is kept and delivered beside what waits
    csms.isAway = true;
    csms.cut();
    equal(await updated.call("TransactionEvent", { ...EVENT, eventType: "Updated", seqNo: 1 }), {});
    csms.isAway = false;
    await waitFor("its kept message", () => methods(rig).length === 2);
    equal([methods(rig), csms.faults, updated.closed], [["TransactionEvent", "TransactionEvent"], [], false]);
    await updated.close();
    const again = await rig.station("S16");
    await waitFor("what was kept in 1.6", () => methods(rig).length === 5);
    equal(methods(rig).slice(2), ["StartTransaction", "MeterValues", "MeterValues"]);
    await waitFor("an empty queue", async () => (await gateway.command("outage list")).text.startsWith("No message"));
    equal([csms.faults, again.closed], [[], false]);
  }));

Deno.test("product: a kept message whose record on the disk is damaged holds up none behind it, and a person settles it", () =>
  withKept(async (rig) => {
    const { csms } = rig;
    const station = await rig.station("S16");
    await keep(rig, station, [1, 2]);
    await rig.gateway.kill();
    await damageFirst(join(rig.folder, "data"));
    await rig.restart();
    csms.isAway = false;
    const again = await rig.station("S16");
    await waitFor("the messages behind it", () => methods(rig).length === 2);
    equal([methods(rig), csms.faults, again.closed], [["MeterValues", "MeterValues"], [], false]);
    await waitFor(
      "the alarm",
      async () => (await rig.gateway.command("alarms list")).text.includes("cannot be opened"),
    );
    match((await rig.gateway.command("outage refused", { station: "S16" })).text, /StartTransaction +Unreadable/);
    equal((await rig.audited("outage.message.refused")).length, 1);
    await rig.gateway.command("outage discard", { station: "S16", reason: "billed by hand" });
    match((await rig.gateway.command("outage list")).text, /^No message waits/);
  }));

/** Changes a byte of the first kept message, as a failing disk would. */
async function damageFirst(dataDir: string): Promise<void> {
  const path = join(dataDir, "store", "bulkhead.kv");
  const store = await openStore({ path, clock: systemClock, timers: systemTimers });
  try {
    for await (const { key, value } of store.list<{ first: { sealed: Uint8Array } }>([...KEYS.outage, "message"])) {
      value.first.sealed[20]! ^= 1;
      return await store.commit([{ set: key, value }]);
    }
  } finally {
    await store.close();
  }
}
