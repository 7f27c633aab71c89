import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { KEYS } from "../../store/keys.ts";
import { meter, type OutageBox, outageBox, outageRig, outageSite, start } from "./testing/outage_rig.ts";

/** What waits for a person must hold up nothing that comes behind it. */

const AT = { stationId: "CP001", csms: "main" };

/** Changes a byte of what is sealed in every stored value under these keys, as a failing disk would. */
async function damage(box: OutageBox, what: string, which: (at: number) => boolean): Promise<void> {
  const entries = [];
  for await (const entry of box.store.list([...KEYS.outage, what])) entries.push(entry);
  for (const { key, value } of entries.filter((_, at) => which(at))) {
    const text = JSON.stringify(value);
    ok(text.includes("sealed"), text);
    const flip = (sealed: Uint8Array) => sealed.map((byte, at) => at === 20 ? byte ^ 1 : byte);
    const one = value as { first?: { sealed: Uint8Array }; boot?: { text: { sealed: Uint8Array } } };
    if (one.first) one.first.sealed = flip(one.first.sealed);
    if (one.boot) one.boot.text.sealed = flip(one.boot.text.sealed);
    await box.store.commit([{ set: key, value: one }]);
  }
}

async function rigOf(box: OutageBox, site = outageSite()) {
  const rig = await outageRig(box, { site });
  const keep = (action: string, text: string, protocol = "ocpp1.6", slot?: string) =>
    rig.handlers["outage.keep"]!({ ...AT, action, text, protocol, ...slot === undefined ? {} : { slot } });
  const next = async (protocol = "ocpp1.6") => (await rig.handlers["outage.next"]!({ ...AT, protocol })).message;
  const deliver = async (protocol?: string) => {
    const message = await next(protocol);
    if (message) {
      await rig.handlers["outage.delivered"]!({ ...AT, sequence: message.sequence, outcome: { answered: true } });
    }
    return message?.text;
  };
  const learn = (protocol: string) => rig.handlers["outage.learn"]!({ ...AT, protocol });
  const look = async () => {
    box.time.advance(10_001);
    await box.store.idle();
  };
  return { ...rig, keep, next, deliver, learn, look };
}

Deno.test("outage: a message whose record is damaged is set aside with an alarm, and the next ones go out", async () => {
  const box = await outageBox();
  const before = await rigOf(box);
  await before.keep("MeterValues", meter("1", 1));
  await before.keep("MeterValues", meter("2", 2));
  await before.keep("MeterValues", meter("3", 3));
  await damage(box, "message", (at) => at !== 1);
  const rig = await rigOf(box);
  equal([await rig.deliver(), await rig.deliver()], [meter("2", 2), undefined]);
  equal(rig.raised.map(({ kind, subject }) => [kind, subject]), Array(2).fill(["ocpp.outage.refused", "CP001"]));
  match(rig.raised[0]!.detail!, /MeterValues cannot be opened/);
  equal(
    rig.audited.map(({ event, outcome, rule }) => [event, outcome, rule]),
    Array(2).fill([
      ...["outage.message.refused", "failed", "outage.unreadable"],
    ]),
  );
  match((await rig.command("outage refused", { station: "CP001" })).text, /Unreadable .*\(cannot be opened\)/);
  const { data } = await rig.command("outage export", { station: "CP001" });
  const { messages } = data as { messages: { code: string; message: unknown }[] };
  equal(messages.map(({ code, message }) => [code, message]), [
    ["Unreadable", null],
    ["Unreadable", null],
  ]);
  // over a restart, and tried once more when a person wants it so
  const again = await rigOf(box);
  equal([await again.next(), again.feature.status().refused], [undefined, 2]);
  match((await again.command("outage retry", { station: "CP001" })).text, /^2 messages wait again/);
  equal([await again.next(), again.raised.length], [undefined, 2]);
  match(
    (await again.command("outage discard", { station: "CP001", reason: "lost" })).text,
    /^2 messages of CP001 are gone/,
  );
  equal(again.feature.status().refused, 0);
  await box.store.close();
});

Deno.test("outage: a disk that does not answer is no damaged record: nothing is set aside", async () => {
  const box = await outageBox();
  const rig = await rigOf(box);
  await rig.keep("MeterValues", meter("1", 1));
  const get = box.store.get;
  box.store.get = () => Promise.reject(new Error("the disk is stuck"));
  await rejects(rig.next(), /the disk is stuck/);
  box.store.get = get;
  equal([await rig.deliver(), rig.raised], [meter("1", 1), []]);
  await box.store.close();
});

Deno.test("outage: a boot that cannot be opened keeps no station from its CSMS, and its next boot is stored", async () => {
  const box = await outageBox();
  const before = await rigOf(box);
  await before.learn("ocpp1.6");
  const boot = { text: '[2,"1","BootNotification",{}]', intervalSeconds: 300 };
  await before.handlers["outage.learn"]!({ ...AT, boot });
  await damage(box, "queue", () => true);
  const rig = await rigOf(box);
  const state = async () => await rig.handlers["outage.state"]!(AT);
  equal([(await state()).protocol, (await state()).boot], ["ocpp1.6", undefined]);
  await rig.handlers["outage.learn"]!({ ...AT, boot });
  equal((await state()).boot, boot);
  await box.store.close();
});

Deno.test("outage: a message goes out in the version in which it was kept, and holds up none of another", async () => {
  const box = await outageBox();
  const before = await rigOf(box);
  await before.learn("ocpp1.6");
  await before.keep("BootNotification", '[2,"0","BootNotification",{}]', "ocpp1.6", "boot");
  await before.keep("StartTransaction", start("1"));
  await before.keep("StatusNotification", '[2,"s","StatusNotification",{}]', "ocpp1.6", "status 1");
  const rig = await rigOf(box); // over a restart
  await rig.learn("ocpp2.0.1");
  const event = '[2,"2","TransactionEvent",{}]';
  await rig.keep("TransactionEvent", event, "ocpp2.0.1");
  await rig.keep("StatusNotification", '[2,"t","StatusNotification",{"evseId":1}]', "ocpp2.0.1", "status 1");
  const messages = async (protocol: string) => (await rig.handlers["outage.state"]!({ ...AT, protocol })).messages;
  equal([await messages("ocpp1.6"), await messages("ocpp2.0.1")], [3, 2]);
  equal(await rig.deliver("ocpp2.0.1"), event);
  equal(await rig.deliver("ocpp2.0.1"), '[2,"t","StatusNotification",{"evseId":1}]');
  equal([await rig.next("ocpp2.0.1"), await rig.next("ocpp2.1")], [undefined, undefined]);
  const status = '[2,"f","FirmwareStatusNotification",{"status":"Installed"}]'; // the same words in both versions
  await rig.keep("FirmwareStatusNotification", status, "ocpp1.6");
  equal(await rig.keep("FirmwareStatusNotification", status, "ocpp2.0.1"), { kept: true });
  equal(await rig.deliver("ocpp2.0.1"), status);
  // a person is told, and why
  await rig.look();
  equal(rig.raised.map(({ kind, subject }) => [kind, subject]), [["ocpp.outage.version", "CP001"]]);
  match((await rig.command("outage list")).text, /CP001 .* 4 IN ANOTHER VERSION than ocpp2\.0\.1: not sent/);
  match(
    (await rig.command("outage refused", { station: "CP001" })).text,
    /StartTransaction +OtherVersion it is in ocpp1\.6, the station speaks ocpp2\.0\.1 now/,
  );
  const { text } = await rig.command("outage export", { station: "CP001" });
  equal(JSON.parse(text.split("\n")[1]!).message, start("1"));
  equal(rig.audited.at(-1)!.event, "outage.messages.exported");
  // in the old version they go out by themselves
  await rig.learn("ocpp1.6");
  equal(await rig.deliver("ocpp1.6"), '[2,"0","BootNotification",{}]');
  equal(await rig.deliver("ocpp1.6"), start("1"));
  await rig.look();
  equal(rig.cleared, ["ocpp.outage.version CP001"]);
  await box.store.close();
});

Deno.test("outage: what is of another version is given up alone, and how long it waits closes the door to no other", async () => {
  const box = await outageBox();
  const rig = await rigOf(box, outageSite("csms-only", { maxAgeHours: 1 }));
  await rig.learn("ocpp1.6");
  await rig.keep("MeterValues", meter("1", 1));
  await rig.learn("ocpp2.0.1");
  await rig.keep("TransactionEvent", '[2,"2","TransactionEvent",{}]', "ocpp2.0.1");
  await rig.deliver("ocpp2.0.1");
  box.time.advance(3_600_001);
  equal((await rig.keep("TransactionEvent", '[2,"3","TransactionEvent",{"seqNo":1}]', "ocpp2.0.1")).kept, true);
  const gone = await rig.command("outage discard", {
    station: "CP001",
    "other-version": true,
    reason: "billed by hand",
  });
  equal(gone.data, { messages: 1 });
  equal(await rig.deliver("ocpp2.0.1"), '[2,"3","TransactionEvent",{"seqNo":1}]');
  await box.store.close();
});

Deno.test("outage: a boot in the words of the old version is not repeated in the new one", async () => {
  const box = await outageBox();
  const rig = await rigOf(box);
  const boot = { text: '[2,"1","BootNotification",{}]', intervalSeconds: 300 };
  await rig.learn("ocpp1.6");
  await rig.handlers["outage.learn"]!({ ...AT, boot });
  await rig.learn("ocpp1.6");
  equal((await rig.handlers["outage.state"]!(AT)).boot, boot);
  await rig.learn("ocpp2.0.1");
  equal((await rig.handlers["outage.state"]!(AT)).boot, undefined);
  await box.store.close();
});

Deno.test("outage: what an earlier release kept goes out in the version of its station then", async () => {
  const box = await outageBox();
  const before = await rigOf(box);
  await before.learn("ocpp1.6");
  await before.handlers["outage.keep"]!({ ...AT, action: "MeterValues", text: meter("1", 1) }); // without a version
  const rig = await rigOf(box);
  equal([await rig.next("ocpp2.0.1"), (await rig.next("ocpp1.6"))?.text], [undefined, meter("1", 1)]);
  await box.store.close();
});
