import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { CampaignRig, IMAGE, QUICK } from "./testing/campaign_rig.ts";

const stations = [{ id: "a" }, { id: "b" }];
const INVALID = (text: string | RegExp) => (error: Error & { code?: string; hint?: string }) =>
  error.code === "FIRMWARE_CAMPAIGN_INVALID" && (error.hint ?? "") !== "" && error.message.match(text) !== null;

/** Plans one and leaves it as a draft. */
async function draft(rig: CampaignRig, args: Record<string, string> = {}): Promise<string> {
  const { data } = await rig.run("campaign new", { image: IMAGE.sha256.slice(0, 8), ...QUICK, ...args });
  return (data as { id: string }).id;
}

const refusals = (rig: CampaignRig) =>
  rig.audited.filter(({ event }) => event === "firmware.campaign.refused").map(({ rule }) => rule);

Deno.test("campaign commands: nobody approves his own, nobody twice, and n persons are n persons", async () => {
  await using rig = await CampaignRig.up({ stations, approvals: 2 });
  const id = await draft(rig);
  await rejects(rig.run("campaign approve", { id }, "eva"), INVALID(/eva planned fw-1 and cannot approve it/));
  match((await rig.run("campaign approve", { id }, "olga")).text, /1 of 2 approvals/);
  await rejects(rig.run("campaign approve", { id }, "olga"), INVALID(/olga has approved fw-1 already/));
  await rejects(rig.run("campaign start", { id }, "olga"), INVALID(/is draft/));
  match((await rig.run("campaign approve", { id }, "max")).text, /fw-1 is approved/);
  await rejects(rig.run("campaign approve", { id }, "tim"), INVALID(/is approved/));
  deepEqual(
    refusals(rig),
    ["own-approval", "approved-twice", "state", "state"].map((rule) => `firmware.campaign.${rule}`),
  );
  await rig.run("campaign start", { id }, "olga");
  equal((await rig.report<{ state: string }>(id)).state, "running");
});

Deno.test("campaign commands: only those whom site.yaml names approve (n of m)", async () => {
  await using rig = await CampaignRig.up({ stations, approvers: ["olga"] });
  const id = await draft(rig);
  await rejects(rig.run("campaign approve", { id }, "max"), INVALID(/max is none of those who approve/));
  deepEqual(refusals(rig), ["firmware.campaign.approver"]);
  await rig.run("campaign approve", { id }, "olga");
});

Deno.test("campaign commands: one person decides where site.yaml says so in words", async () => {
  await using rig = await CampaignRig.up({ stations, approvals: "one-person-decides" });
  const id = await draft(rig);
  await rig.run("campaign start", { id });
  equal((await rig.report<{ state: string }>(id)).state, "running");
});

Deno.test("campaign commands: only a verified image is rolled out, and it is read anew before the start", async () => {
  await using rig = await CampaignRig.up({ stations });
  const id = await draft(rig);
  await rig.run("campaign approve", { id }, "olga");
  rig.unchanged = false;
  await rejects(rig.run("campaign start", { id }), INVALID(/not what was verified/));
  rig.unchanged = true;
  rig.image = { ...rig.image, state: "held" };
  await rejects(rig.run("campaign start", { id }), INVALID(/is held/));
  await rejects(draft(rig), INVALID(/is held/));
  deepEqual(refusals(rig), Array(3).fill("firmware.campaign.image"));
});

Deno.test("campaign commands: what names no image, no station or no unit is refused by name", async () => {
  await using rig = await CampaignRig.up({ stations: [...stations, { id: "x", model: "OTHER" }] });
  const bad: readonly [args: Record<string, string>, says: RegExp][] = [
    [{ stations: "nobody" }, /"nobody" is no station or unit/],
    [{ stations: "a,x" }, /"x" is no station or unit that the image is for \(bender, CC613\)/],
    [{ exclude: "z" }, /Unit "z" is not in this campaign/],
    [{ pin: "z=1" }, /Unit "z" is not in this campaign/],
    [{ "out-percent": "5" }, /The plan cannot work: Unit a has 1 of 3 connectors, more than 5 %/],
    [{ rings: "a:60%;b:50%;c:100%" }, /must take more than the one before/],
    [{ parallel: "none" }, /--parallel "none"/],
  ];
  for (const [args, says] of bad) await rejects(draft(rig, args), INVALID(says), JSON.stringify(args));
  for (const image of ["ffffff", "ab", ""]) await rejects(draft(rig, { image }), { code: "FIRMWARE_UNKNOWN" });
  equal((await rig.run("campaign list")).text.startsWith("No campaign is planned"), true);
});

Deno.test("campaign commands: only the named stations, with all parts of their units", async () => {
  const parts = [{ id: "p", unit: "bay", part: "primary" as const }, {
    id: "s",
    unit: "bay",
    part: "secondary" as const,
  }];
  await using rig = await CampaignRig.up({ stations: [...stations, ...parts] });
  const id = await draft(rig, { stations: "s" });
  const { units } = await rig.report<{ units: { unit: string; parts: { station: string }[] }[] }>(id);
  deepEqual(units.map(({ unit, parts }) => [unit, ...parts.map(({ station }) => station)]), [["bay", "s", "p"]]);
});

Deno.test("campaign commands: two campaigns never have the same unit under way", async () => {
  await using rig = await CampaignRig.up({ stations });
  const first = await rig.campaign({ stations: "a" });
  const second = await draft(rig);
  await rig.run("campaign approve", { id: second }, "olga");
  await rejects(rig.run("campaign start", { id: second }), INVALID(/Unit a is in campaign fw-1/));
  deepEqual(refusals(rig), ["firmware.campaign.overlap"]);
  await rig.run("campaign abort", { id: first });
  await rig.pass(12);
  await rig.run("campaign start", { id: second });
});

Deno.test("campaign commands: pause takes no new unit, lets those under way end, and resume goes on", async () => {
  await using rig = await CampaignRig.up({ stations });
  const id = await rig.campaign();
  await rig.pass(0.5);
  await rig.run("campaign pause", { id, because: "trade fair" });
  match((await rig.report<{ why: string }>(id)).why, /by eva: trade fair/);
  await rig.pass(60);
  equal(await rig.states(id), "a confirmed, b pending");
  await rejects(rig.run("campaign pause", { id }), INVALID(/is paused/));
  await rig.run("campaign resume", { id });
  await rejects(rig.run("campaign resume", { id }), INVALID(/is running/));
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed, b confirmed");
});

for (const isRetry of [false, true]) {
  Deno.test(`campaign commands: resume after a stop ${isRetry ? "tries failed units anew" : "leaves failed units out"}`, async () => {
    await using rig = await CampaignRig.up({
      stations: [{ id: "a", behaviour: { says: ["DownloadFailed"] } }, { id: "b" }],
    });
    const id = await rig.campaign();
    await rig.pass(10);
    equal(await rig.states(id), "a failed, b pending");
    rig.station("a").behaviour = {};
    await rig.run("campaign resume", { id, ...isRetry ? { "retry-failed": true } : {} }, "olga");
    equal(rig.alarms.size, 0);
    await rig.pass(40);
    equal(await rig.states(id), isRetry ? "a confirmed, b confirmed" : "a skipped, b confirmed");
    equal((await rig.report<{ state: string }>(id)).state, "completed");
  });
}

Deno.test("campaign commands: a ring that holds waits for a person's word, told by an alarm", async () => {
  await using rig = await CampaignRig.up({ stations });
  const id = await rig.campaign({ rings: "canary:1:1m:hold;rest:100%" });
  await rejects(rig.run("campaign release", { id }), INVALID(/No ring of fw-1 waits/));
  await rig.pass(60);
  equal(await rig.states(id), "a confirmed, b pending");
  match(rig.alarms.get(`firmware.campaign.waits ${id}`)!, /canary is over/);
  equal((await rig.report<{ holds: string }>(id)).holds, "canary");
  await rig.crash();
  await rig.run("campaign release", { id }, "olga");
  equal(rig.alarms.size, 0);
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed, b confirmed");
});

Deno.test("campaign commands: a withdrawn image ends its campaigns with an alarm; what installs comes to its end", async () => {
  await using rig = await CampaignRig.up({ stations });
  const id = await rig.campaign();
  await rig.pass(0.3);
  await rig.withdraw("changed on the disk");
  await rig.pass(12);
  equal(await rig.states(id), "a confirmed, b pending");
  const { state, why } = await rig.report<{ state: string; why: string }>(id);
  equal(state, "aborted");
  match(why, /by gateway: its image was withdrawn: changed on the disk/);
  match(rig.alarms.get(`firmware.campaign.stopped ${id}`)!, /withdrawn/);
  deepEqual(rig.feature.usesImage(IMAGE.sha256), []);
});

Deno.test("campaign commands: a station under way is held against its CSMS, and no other is", async () => {
  await using rig = await CampaignRig.up({ stations });
  const id = await rig.campaign();
  equal(rig.lock("a"), `campaign ${id} updates it now`);
  equal(rig.lock("b"), undefined);
  deepEqual(rig.feature.holds("a"), { campaign: id, unit: "a" });
  deepEqual(rig.feature.usesImage(IMAGE.sha256), [id]);
  await rig.pass(8);
  equal(rig.lock("a"), undefined);
});

Deno.test("campaign commands: done is for a part whose turn has come, and for the campaign's version", async () => {
  const pair = [{ id: "p", unit: "bay", part: "primary" as const }, {
    id: "s",
    unit: "bay",
    part: "secondary" as const,
    isMute: true,
  }];
  await using rig = await CampaignRig.up({ stations: pair });
  const id = await rig.campaign();
  await rig.pass(1);
  await rejects(rig.run("campaign done", { id, station: "q" }), INVALID(/"q" is no part/));
  await rejects(rig.run("campaign done", { id, station: "p" }), INVALID(/Nobody was asked to update p by hand/));
  await rejects(
    rig.run("campaign done", { id, station: "s", version: "5.1" }),
    INVALID(/s has version 5.1, the campaign brings 5.33.11/),
  );
  await rig.run("campaign done", { id, station: "s", version: "5.33.11" }, "tim");
  equal(
    rig.audited.some(({ event, who, target }) =>
      event === "firmware.campaign.part-done" && who === "tim" && target === "s"
    ),
    true,
  );
});

Deno.test("campaign commands: only what never started or has ended is forgotten", async () => {
  await using rig = await CampaignRig.up({ stations });
  const id = await rig.campaign();
  await rejects(rig.run("campaign remove", { id }), INVALID(/is running/));
  await rig.run("campaign abort", { id });
  await rejects(rig.run("campaign remove", { id }), INVALID(/is aborted/), "a unit is under way");
  await rig.pass(12);
  await rig.run("campaign remove", { id });
  await rejects(rig.run("campaign report", { id }), INVALID(/There is no campaign "fw-1"/));
});

Deno.test("campaign commands: a draft is aborted at once", async () => {
  await using rig = await CampaignRig.up({ stations });
  const id = await draft(rig);
  await rig.run("campaign abort", { id });
  equal((await rig.report<{ endedAt: string }>(id)).endedAt !== "", true);
  await rejects(rig.run("campaign abort", { id }), INVALID(/is aborted/));
});

Deno.test("campaign commands: the dry run sends nothing and says what would happen when", async () => {
  await using rig = await CampaignRig.up({ stations: [...stations, { id: "c" }] });
  rig.station("b").online = false;
  const id = await draft(rig, { exclude: "c" });
  const { text, data } = await rig.run("campaign plan", { id, takes: "20m" });
  match(text, /nothing was sent\. 2 of 3 units would be updated, at most 1 connectors|nothing was sent\. 2 of 3 units/);
  match(text, /Not connected now, and waited for: b\./);
  match(text, /c +\w* +it is excluded/);
  const { units, endsAt, away } = data as unknown as {
    units: { unit: string; installsAt: string }[];
    endsAt: string;
    away: string[];
  };
  equal(units.find(({ unit }) => unit === "a")!.installsAt, "2026-01-01T00:00Z");
  match(endsAt, /^2026-01-01T01:/);
  deepEqual(away, ["b"]);
  deepEqual([...rig.garage.values()].flatMap(({ asked }) => asked), []);
  await rejects(rig.run("campaign plan", { id, takes: "long" }), INVALID(/--takes "long"/));
});

Deno.test("campaign commands: the report is text, CSV and JSON, with versions before and after", async () => {
  await using rig = await CampaignRig.up({ stations });
  const id = await rig.campaign({ name: "Autumn" });
  await rig.pass(2);
  match(
    (await rig.run("campaign report", { id })).text,
    /fw-1 Autumn: running; bender 5\.33\.11; 1 pending, 1 checking/,
  );
  const { text: csv } = await rig.run("campaign report", { id, format: "csv" });
  const [head, first] = csv.split("\r\n");
  match(head!, /^campaign,unit,ring,state,since,tries,why,station,/);
  match(
    first!,
    /^fw-1,a,canary,checking,2026-01-01T[^,]*,1,,a,single,ocpp,CC613,5\.22\.1,5\.33\.11,installed,true,reported,$/,
  );
  const json = JSON.parse((await rig.run("campaign report", { id, format: "json" })).text);
  deepEqual(json.rings.map(({ name, state, units }: Record<string, unknown>) => [name, state, units]), [[
    "canary",
    "running",
    1,
  ], ["rest", "waiting", 1]]);
  equal(json.plan.confirm, "20m");
  await rejects(rig.run("campaign report", { id, format: "pdf" }), INVALID(/--format "pdf"/));
  match((await rig.run("campaign list")).text, /fw-1 +running +bender +5\.33\.11/);
});

Deno.test("campaign commands: histories are bounded, the newest stays", async () => {
  await using rig = await CampaignRig.up({ stations });
  const id = await rig.campaign();
  for (let at = 0; at < CAMPAIGN_LIMITS.notes; at++) {
    await rig.run(`campaign ${at % 2 === 0 ? "pause" : "resume"}`, { id, because: `${at}` });
  }
  const { history } = await rig.report<{ history: { text: string }[] }>(id);
  equal(history.length, CAMPAIGN_LIMITS.notes);
  match(history.at(-1)!.text, /resumed by eva/);
});

Deno.test("campaign commands: metrics say where units stand and how controllers are to be thought of", async () => {
  await using rig = await CampaignRig.up({ stations });
  await rig.campaign();
  await rig.pass(8);
  equal(rig.metrics.get("bulkhead_firmware_units confirmed"), 1);
  equal(rig.metrics.get("bulkhead_firmware_units pending"), 1);
  equal(rig.metrics.get("bulkhead_firmware_unit_ends_total confirmed"), 1);
  equal(rig.metrics.get("bulkhead_firmware_controllers vulnerable"), 2, "both are below the floor of CVE-2026-8979");
});

Deno.test("firmware inventory: versions per part, the worst first, as text, CSV and data", async () => {
  await using rig = await CampaignRig.up({
    stations: [
      { id: "weak", version: "5.12.4" },
      { id: "good", version: "5.33.11-21500" },
      { id: "p", unit: "bay", part: "primary", version: "5.40" },
      { id: "s", unit: "bay", part: "secondary", version: "5.33.12" },
    ],
    image: { version: "5.34" },
  });
  const { text, data } = await rig.run("inventory");
  const { controllers, counts } = data as unknown as {
    controllers: { station: string; mark: string; newer: string; mixed: boolean; advisories: { advisory: string }[] }[];
    counts: Record<string, number>;
  };
  deepEqual(controllers.map(({ station, mark, newer, mixed }) => [station, mark, newer, mixed]), [
    ["weak", "vulnerable", "5.34", false],
    ["good", "outdated", "5.34", false],
    ["s", "outdated", "5.34", true],
    ["p", "current", "", true],
  ]);
  deepEqual(counts, { vulnerable: 1, outdated: 2, unknown: 0, current: 1 });
  deepEqual(controllers[0]!.advisories.map(({ advisory }) => advisory), ["VDE-2021-047", "CyberDanube SR-20260528-0"]);
  match(text, /^1 vulnerable, 2 outdated, 1 current/);
  match(text, /VDE-2021-047: hard-coded SSH login/);
  match(
    (await rig.run("inventory", { csv: true })).text,
    /\r\nweak,weak,single,bender,CC613,,5\.12\.4,vulnerable,5\.34,false,VDE-2021-047/,
  );
  match((await rig.run("inventory", { mark: "current" })).text, /^1 current/);
  match((await rig.run("inventory", { mark: "unknown" })).text, /^No controller is listed/);
  await rejects(rig.run("inventory", { mark: "bad" }), INVALID(/--mark "bad"/));
});

Deno.test("campaign commands: what controllers are to be thought of is counted every so often, not before", async () => {
  await using rig = await CampaignRig.up({ stations });
  const key = "bulkhead_firmware_controllers vulnerable";
  rig.time.advance(CAMPAIGN_LIMITS.marksMs - 1);
  equal(rig.metrics.get(key), undefined);
  rig.time.advance(1);
  equal(rig.metrics.get(key), 2);
});
