import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import { DecommissionRig } from "./testing/decommission_rig.ts";

const REFUSED = (message: RegExp) => ({ code: "DECOMMISSION_REFUSED", message });
const seen = { station: "CP001", proof: "seen", note: "reset by its button" };

Deno.test("decommission: a station leaves step by step, and its certificate is there when nothing is left of it", async () => {
  await using rig = await DecommissionRig.up();
  await rig.store.commit([{ set: ["stationFacts", "CP001"], value: { vendor: "x" } }]);
  await rig.store.commit([{ set: ["stationFacts", "CP002"], value: { vendor: "x" } }]);
  await rig.run("station decommission", { station: "CP001", reason: "sold" });
  equal(await rig.next(), "approve: 1 more must approve it");
  match(rig.alarms.get("station.decommission.waits CP001")!, /^approve: 1 more/);
  await rig.run("decommission approve", { station: "CP001" }, "olga");
  match(await rig.next(), /^reset: its controller has to be reset/);
  await rig.run("decommission prove", seen);
  match(await rig.next(), /^configuration: site\.yaml names it/);
  rig.leaveSite();
  await rig.tick();
  equal(await rig.next(), "erase: control starts anew to erase it");
  equal(rig.renewals.length, 1);
  await rig.renewed();
  const { data } = await rig.run("decommission list");
  deepEqual(data, { running: [], over: [{ number: "dec-1", station: "CP001", at: rig.time.now() }] });
  equal(await rig.store.get(["stationFacts", "CP001"]), undefined);
  ok(await rig.store.get(["stationFacts", "CP002"]), "another station's stays");
  equal(rig.alarms.size, 0);
  deepEqual(rig.ended, ["sessions", "certificates", "password", "secrets", "connection", "pseudonyms"]);
  equal(rig.erased.has("CP001"), true);
  const steps = rig.events("station.decommission.step").map(({ detail }) => detail!["step"]);
  deepEqual(steps, ["approve", "drain", "clear", "configuration", "erase"]);
  equal(rig.events("station.entry.decommissioned").length, 1);
  equal(rig.events("station.decommission.certified")[0]!.detail!["whole"], true);
});

Deno.test("decommission: nobody approves what they asked for, nor twice; as many as site.yaml wants, and only those it names", async () => {
  await using rig = await DecommissionRig.up();
  rig.site = { ...rig.site, decommissioning: { approvals: 2, approvers: ["eva", "max", "olga"] } };
  await rig.run("station decommission", { station: "CP001", reason: "sold" });
  await rejects(rig.run("decommission approve", { station: "CP001" }), REFUSED(/eva asked for it/));
  await rejects(rig.run("decommission approve", { station: "CP001" }, "tim"), REFUSED(/tim is none of those/));
  await rig.run("decommission approve", { station: "CP001" }, "olga");
  equal(await rig.next(), "approve: 1 more must approve it");
  await rejects(rig.run("decommission approve", { station: "CP001" }, "olga"), REFUSED(/olga has approved/));
  await rig.run("decommission approve", { station: "CP001" }, "max");
  match(await rig.next(), /^reset/);
  await rejects(rig.run("decommission approve", { station: "CP001" }, "olga"), REFUSED(/needs no approval/));
  deepEqual(
    rig.events("station.decommission.refused").map(({ rule }) => rule),
    ["own-approval", "approver", "approved-twice", "state"].map((rule) => `decommission.${rule}`),
  );
});

Deno.test("decommission: where one person decides, nobody is asked; a change in site.yaml is for the next one", async () => {
  await using rig = await DecommissionRig.up();
  rig.site = { ...rig.site, decommissioning: { approvals: "one-person-decides" } };
  await rig.run("station decommission", { station: "CP001", reason: "sold" });
  rig.site = { ...rig.site, decommissioning: { approvals: 3 } };
  match(await rig.next(), /^reset/);
});

Deno.test("decommission: it waits for the car that charges and for messages that its CSMS has not taken (idea 5)", async () => {
  await using rig = await DecommissionRig.up();
  await rig.upTo("drain");
  equal(await rig.next(), "drain: a transaction runs");
  deepEqual(rig.calls, [{ action: "ChangeAvailability", payload: { connectorId: 0, type: "Inoperative" } }]);
  [rig.busy, rig.waiting] = [undefined, 2];
  await rig.tick();
  match(await rig.next(), /^drain: 2 of its messages have not been taken/);
  rig.waiting = 0;
  await rig.tick();
  match(await rig.next(), /^reset/);
  equal(rig.calls.filter(({ action }) => action === "ChangeAvailability").length, 1, "told once");
  deepEqual(rig.ended, [], "nothing of it was touched so far");
});

Deno.test("decommission: a station that is away waits to be cleared, or a person passes over it with a reason", async () => {
  await using rig = await DecommissionRig.up();
  await rig.upTo("clear");
  match(await rig.next(), /^clear: it is not connected/);
  deepEqual(rig.calls, []);
  await rejects(
    rig.run("decommission skip", { station: "CP001", step: "reset", because: "x" }),
    REFUSED(/not the step that is next/),
  );
  await rejects(
    rig.run("decommission skip", { station: "CP001", step: "erase", because: "x" }),
    REFUSED(/cannot be passed over/),
  );
  await rig.run("decommission skip", { station: "CP001", step: "clear", because: "stolen" });
  match(await rig.next(), /^reset/);
  deepEqual(rig.events("station.decommission.skipped")[0]!.detail, {
    number: "dec-1",
    step: "clear",
    because: "stolen",
  });
});

Deno.test("decommission: a part that was asked for and not answered is asked again, one that was is not", async () => {
  await using rig = await DecommissionRig.up();
  rig.answers.set("GetInstalledCertificateIds", { noAnswer: "timeout" });
  rig.answers.set("GetLocalListVersion", { listVersion: 0 });
  await rig.upTo("reset");
  match(await rig.next(), /^clear: it did not answer when its certificates/);
  rig.answers.set("GetInstalledCertificateIds", { status: "NotFound" });
  await rig.tick();
  match(await rig.next(), /^reset/);
  const asked = rig.calls.map(({ action }) => action);
  deepEqual(asked.filter((action) => action === "ClearCache").length, 1);
  deepEqual(asked.filter((action) => action === "GetInstalledCertificateIds").length, 2);
});

const PROOFS = [
  { name: "a word without a note", args: { proof: "seen" }, fault: /--note has 0 characters/ },
  { name: "no proof at all", args: { note: "x" }, fault: /"undefined" is no proof/ },
  { name: "a photo without its hash", args: { proof: "photo", note: "x" }, fault: /named by its SHA-256/ },
  {
    name: "a hash in upper case",
    args: { proof: "photo", note: "x", "photo-sha256": "A".repeat(64) },
    fault: /named by/,
  },
  {
    name: "a hash that is cut off",
    args: { proof: "seen", note: "x", "photo-sha256": "a".repeat(63) },
    fault: /named by/,
  },
  {
    name: "a note that is one too long",
    args: { proof: "seen", note: "x".repeat(DECOMMISSION_LIMITS.textChars + 1) },
    fault: /wanted 1 to/,
  },
] as const;

for (const { name, args, fault } of PROOFS) {
  Deno.test(`decommission: ${name} proves no reset`, async () => {
    await using rig = await DecommissionRig.up();
    await rig.upTo("reset");
    const work = Promise.resolve().then(() => rig.run("decommission prove", { station: "CP001", ...args }));
    await rejects(work, { code: "DECOMMISSION_INVALID", message: fault });
    match(await rig.next(), /^reset/);
  });
}

Deno.test("decommission: the longest note and a photo's hash are taken, and stand in the certificate", async () => {
  await using rig = await DecommissionRig.up();
  await rig.upTo("reset");
  const note = "x".repeat(DECOMMISSION_LIMITS.textChars), photo = "a".repeat(64);
  await rig.run("decommission prove", {
    station: "CP001",
    proof: "photo",
    note,
    "photo-sha256": photo,
    person: "Anna",
  });
  rig.leaveSite();
  await rig.tick();
  await rig.renewed();
  const { file } = (await rig.run("decommission certificate", { name: "dec-1" })).data as { file: string };
  const { reset } = JSON.parse(JSON.parse(file).certificate);
  deepEqual([reset.kind, reset.person, reset.note, reset.photo], ["photo", "Anna", note, photo]);
});

Deno.test("decommission: the gateway tries the factory's password itself: only one that works is a proof", async () => {
  await using rig = await DecommissionRig.up();
  await rig.upTo("reset");
  const prove = () => rig.run("decommission prove", { station: "CP001", proof: "default-login" });
  await rejects(prove(), REFUSED(/knows no password of the factory/));
  rig.logins = [];
  await rejects(prove(), REFUSED(/No password of the factory works/));
  rig.logins = ["operator (operator)"];
  await prove();
  match(await rig.next(), /^configuration/);
  await rejects(prove(), REFUSED(/The reset of "CP001" is not waited for now: configuration is next/));
});

Deno.test("decommission: files that site.yaml named for it have to go; where nobody can see, the certificate names them", async () => {
  await using rig = await DecommissionRig.up();
  rig.filesThere = ["secrets/CP001"];
  await rig.upTo("erase");
  match(await rig.next(), /^configuration: these files of it are still there: secrets\/CP001/);
  rig.filesThere = undefined;
  await rig.tick();
  match(await rig.next(), /^erase/);
  const { data } = await rig.run("decommission show", { station: "CP001" });
  match(
    (data as { steps: { configuration: { note: string } } }).steps.configuration.note,
    /deleted by hand: secrets\/CP001/,
  );
});

Deno.test("decommission: a file that another entry of site.yaml names too may stay", async () => {
  await using rig = await DecommissionRig.up();
  rig.filesThere = ["secrets/CP001"];
  await rig.upTo("configuration");
  const [, other] = rig.site.stations;
  rig.site = { ...rig.site, stations: [{ ...other!, ocpp: { ...other!.ocpp!, passwordFile: "secrets/CP001" } }] };
  await rig.tick();
  match(await rig.next(), /^erase/);
});

Deno.test("decommission: it can be called off until it is erased, and the station is put back into service", async () => {
  await using rig = await DecommissionRig.up();
  await rig.upTo("configuration");
  await rig.run("decommission cancel", { station: "CP001" });
  deepEqual(rig.calls.at(-1), { action: "ChangeAvailability", payload: { connectorId: 0, type: "Operative" } });
  equal(rig.alarms.size, 0);
  await rejects(Promise.resolve().then(() => rig.run("decommission show", { station: "CP001" })), {
    code: "DECOMMISSION_UNKNOWN",
  });
  await rig.run("station decommission", { station: "CP001", reason: "sold after all" });
  await rig.run("decommission approve", { station: "CP001" }, "olga");
  await rig.run("decommission prove", seen);
  rig.leaveSite();
  await rig.tick();
  await rejects(rig.run("decommission cancel", { station: "CP001" }), REFUSED(/is being erased/));
});

Deno.test("decommission: a part of the erasing that fails is made again at the next turn, and nothing is certified before", async () => {
  await using rig = await DecommissionRig.up();
  await rig.upTo("configuration");
  rig.leaveSite();
  rig.endingFault = new Error("the disk is full");
  await rig.tick();
  match(await rig.next(), /^erase: /);
  deepEqual(rig.renewals, []);
  rig.endingFault = undefined;
  await rig.tick();
  equal(rig.renewals.length, 1);
  await rig.renewed();
  equal(((await rig.run("decommission list")).data as { over: unknown[] }).over.length, 1);
});

Deno.test("decommission: an end of the process at any moment loses no step: it goes on where it was", async () => {
  await using rig = await DecommissionRig.up();
  const ways: [string, () => Promise<unknown>][] = [
    ["approve", () => rig.run("station decommission", { station: "CP001", reason: "sold" })],
    ["reset", () => rig.run("decommission approve", { station: "CP001" }, "olga")],
    ["configuration", () => rig.run("decommission prove", seen)],
    ["erase", () => (rig.leaveSite(), rig.tick())],
  ];
  for (const [next, act] of ways) {
    await act();
    match(await rig.next(), new RegExp(`^${next}`));
    if (next === "erase") break;
    await rig.start(); // without a stop before it, as after kill -9
    match(await rig.next(), new RegExp(`^${next}`));
  }
  await rig.renewed();
  equal(((await rig.run("decommission list")).data as { over: unknown[] }).over.length, 1);
});

Deno.test("decommission: what a search still finds is erased once more, and not certified", async () => {
  await using rig = await DecommissionRig.up();
  let left = 1;
  const [first, ...others] = rig.erasers;
  rig.erasers = [{ ...first!, leftOf: () => Promise.resolve(left) }, ...others];
  await rig.start();
  await rig.upTo("erase");
  await rig.renewed();
  match(await rig.next(), /^erase: there is still something of it: facts/);
  equal(rig.renewals.length, 2);
  left = 0;
  await rig.renewed();
  equal(((await rig.run("decommission list")).data as { over: unknown[] }).over.length, 1);
});

Deno.test("decommission: an id that was erased is another device's only after a person says so", async () => {
  await using rig = await DecommissionRig.up();
  await rejects(
    rig.run("decommission readmit", { station: "CP001", reason: "new" }),
    REFUSED(/was not decommissioned/),
  );
  await rig.upTo("erase");
  await rig.renewed();
  equal(rig.erased.has("CP001"), true);
  await rig.start();
  equal(rig.erased.has("CP001"), true, "it is stored");
  await rig.run("decommission readmit", { station: "CP001", reason: "new hardware" });
  equal(rig.erased.has("CP001"), false);
  rig.time.advance(1);
  await rig.start();
  equal(rig.erased.has("CP001"), false, "this too");
});

const UNKNOWN = [
  ["station decommission", { station: "CP009", reason: "x" }],
  ["decommission approve", { station: "CP001" }],
  ["decommission cancel", { station: "CP001" }],
  ["decommission certificate", { name: "dec-9" }],
  ["decommission prove", seen],
  ["decommission show", { station: "CP001" }],
  ["decommission skip", { station: "CP001", step: "clear", because: "x" }],
] as const;

for (const [command, args] of UNKNOWN) {
  Deno.test(`decommission: "${command}" names what is not there`, async () => {
    await using rig = await DecommissionRig.up();
    await rejects(Promise.resolve().then(() => rig.run(command, args)), { code: "DECOMMISSION_UNKNOWN" });
  });
}

Deno.test("decommission: a reason is wanted, a step is one of those there are, one station leaves once", async () => {
  await using rig = await DecommissionRig.up();
  const start = (reason: string) =>
    Promise.resolve().then(() => rig.run("station decommission", { station: "CP001", reason }));
  await rejects(start("  "), { code: "DECOMMISSION_INVALID" });
  await rejects(start("x".repeat(DECOMMISSION_LIMITS.textChars + 1)), { code: "DECOMMISSION_INVALID" });
  await start("x".repeat(DECOMMISSION_LIMITS.textChars));
  await rejects(start("again"), REFUSED(/is being decommissioned already/));
  const skip = () => rig.run("decommission skip", { station: "CP001", step: "wash", because: "x" });
  await rejects(Promise.resolve().then(skip), { code: "DECOMMISSION_INVALID", message: /"wash" is no step/ });
});

Deno.test("decommission: addresses and MACs of others are never erased with it (invariant 11)", async () => {
  await using rig = await DecommissionRig.up();
  rig.site = {
    ...rig.site,
    stations: rig.site.stations.map((one) => ({ ...one, address: one.id === "CP002" ? "10.0.0.9" : "10.0.0.1" })),
  };
  await rig.run("station decommission", { station: "CP001", reason: "sold" });
  const { data } = await rig.run("decommission show", { station: "CP001" });
  deepEqual((data as { known: unknown }).known, {
    ...{ id: "CP001", unit: "bay-07", macs: ["02:00:00:00:00:01"], addresses: ["10.0.0.1"] },
  });
});

Deno.test("decommission: a part of a unit that stays does not take the unit's secrets along", async () => {
  await using rig = await DecommissionRig.up();
  rig.site = { ...rig.site, stations: rig.site.stations.map((one) => ({ ...one, unit: "bay-07" })) };
  await rig.run("station decommission", { station: "CP001", reason: "sold" });
  const { data } = await rig.run("decommission show", { station: "CP001" });
  equal("unit" in (data as { known: object }).known, false);
});

for (const [stays, unit] of [[true, undefined], [false, "bay-07"]] as const) {
  Deno.test(`decommission: what stands under the unit's name ${stays ? "stays with its other part" : "goes when both parts leave together"}`, async () => {
    await using rig = await DecommissionRig.up();
    rig.site = { ...rig.site, stations: rig.site.stations.map((one) => ({ ...one, unit: "bay-07" })) };
    for (const station of stays ? ["CP001"] : ["CP001", "CP002"]) {
      await rig.run("station decommission", { station, reason: "sold" });
      await rig.run("decommission approve", { station }, "olga");
      await rig.run("decommission prove", { station, proof: "seen", note: "reset by its button" });
    }
    rig.site = { ...rig.site, stations: rig.site.stations.filter(({ id }) => stays && id === "CP002") };
    await rig.tick();
    for (const station of stays ? ["CP001"] : ["CP001", "CP002"]) {
      const { data } = await rig.run("decommission show", { station });
      equal((data as { known: { unit?: string } }).known.unit, unit, station);
    }
  });
}

Deno.test("decommission: the lists name what is under way, what each waits for, and every place", async () => {
  await using rig = await DecommissionRig.up();
  match((await rig.run("decommission list")).text, /No station was decommissioned/);
  await rig.upTo("configuration");
  match((await rig.run("decommission list")).text, /dec-1 +CP001 +configuration +site\.yaml names it/);
  const shown = (await rig.run("decommission show", { station: "CP001" })).text;
  match(shown, /reset +done +seen by eva: reset by its button/);
  match(shown, /At the station: cache cleared \(Accepted\)/);
  match(shown, /Files that site\.yaml named for it: secrets\/CP001/);
  const places = (await rig.run("decommission places")).text;
  match(places, /upstream +secrets of its CSMS, sealed +erased/);
  match(places, /ledger +energy that was billed +kept/);
  await rig.tick();
  deepEqual([...rig.metrics], [["bulkhead_decommissions_under_way", 1], ["bulkhead_erasure_certificates", 0]]);
});

Deno.test("EV-30: two stations that leave at one moment have a number, and so a certificate, each of their own", async () => {
  await using rig = await DecommissionRig.up();
  const begin = (station: string) => rig.run("station decommission", { station, reason: "sold" });
  const begun = await Promise.all([begin("CP001"), begin("CP002")]);
  deepEqual(begun.map(({ data }) => (data as { number: string }).number).sort(), ["dec-1", "dec-2"]);
});

Deno.test("EV-23, EV-30: what is done at a station that leaves is explained from its approval on, also after a restart, and no more when it is called off", async () => {
  await using rig = await DecommissionRig.up();
  await rig.run("station decommission", { station: "CP001", reason: "sold" });
  equal(rig.feature.leaving("CP001"), undefined, "one person alone explains nothing away");
  await rig.run("decommission approve", { station: "CP001" }, "olga");
  match(rig.feature.leaving("CP001")!, /^eva: decommissioning \d+$/);
  equal(rig.feature.leaving("CP002"), undefined);
  await rig.renewed();
  match(rig.feature.leaving("CP001")!, /^eva/);
  await rig.run("decommission cancel", { station: "CP001" });
  equal(rig.feature.leaving("CP001"), undefined);
});
