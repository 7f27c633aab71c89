import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS, STATION_ROWS } from "../../../tests/support/console_answers.ts";
import { ConsoleRig, RIG_NOW } from "../../../tests/support/console_rig.ts";
import { GatewayError, IdentityError } from "../../core/errors.ts";
import { StationRow } from "../api/stations.ts";
import { endings } from "./dashboard/dashboard.tsx";
import { layLanes } from "./dashboard/floor_plan.tsx";
import { GROUPS } from "./page.ts";
import { PAGES } from "./registry.ts";
import { filterStations } from "./stations/list.tsx";

const rig = (answers: Record<string, unknown> = {}) => new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers } });
const rows = STATION_ROWS.map((row) => StationRow.parse(row));

Deno.test("pages: every page has a path of its own, a title in both languages and a known group", () => {
  const paths = PAGES.flatMap(({ path, acts = [] }) => [`GET ${path}`, ...acts.map((act) => `POST ${act.path}`)]);
  deepEqual(paths, [...new Set(paths)]);
  for (const { title, nav } of PAGES) {
    ok(title.en !== "" && title.de !== "");
    ok(nav === undefined || GROUPS.includes(nav.group));
  }
});

Deno.test("pages: the navigation shows what the role may see and where one is", async () => {
  const page = await rig().text("/stations/CP005");
  match(page, /<a href="\/stations" aria-current="page">/);
  const auditor = new ConsoleRig({ answers: GARAGE_ANSWERS, may: ["command status"] });
  equal((await auditor.text("/")).includes('href="/inbox"'), false);
});

Deno.test("pages: what a station says of itself is text and never markup", async () => {
  const evil = "<script>alert(1)</script>";
  const answers = {
    "command stations": ({ args }: { args: Record<string, unknown> }) =>
      args["inbox"]
        ? [{ ...INBOX_ROW, stationId: evil, userAgent: evil }]
        : [{ ...STATION_ROWS[0], facts: { vendor: evil, model: evil } }],
    "command alarms list": { alarms: [{ ...ALARM, detail: evil, subject: evil }] },
    "command why": { steps: [{ step: evil, state: "ok", detail: evil }], sentence: evil, fix: evil },
  };
  for (const path of ["/", "/stations", "/stations/CP001", "/inbox", "/alarms", `/stations?q=${evil}`]) {
    const page = await rig(answers).text(path);
    equal(page.includes(evil), false, path);
  }
});

const ALARM = { kind: "a.b", subject: "s", severity: "info", state: "active", count: 1, firstSeen: 1, lastSeen: 2 };
const INBOX_ROW = {
  ...{ stationId: "NEW", firstSeen: 1, lastSeen: 2, attempts: 3, source: "10.20.0.9", listener: "l", tls: false },
  ...{ offeredProtocols: ["ocpp1.6"], credential: "none" },
};

Deno.test("dashboard: counts who is connected, away and weak, without those that have no OCPP", async () => {
  const page = await rig().text("/");
  match(page, /12 of 13/);
  match(page, /1 away/);
  match(page, /Unknown stations at the door: 1/);
  match(page, /is not encrypted/);
});

Deno.test("dashboard: an empty garage says what to do", async () => {
  const nothing = { "command cert list": { certificates: [], listeners: [] }, "command alarms list": { alarms: [] } };
  const page = await rig({ "command stations": [], "people.request.list": [], ...nothing }).text("/");
  match(page, /No station yet/);
  match(page, /No alarm stands/);
});

Deno.test("dashboard: a request of somebody else is decided right there; the own one, a decided one, and who may not decide", async () => {
  const request = (id: string, more: object) => ({
    ...{ id, person: "mira", station: "CP005", deviceRole: "installer", capability: "edit", grant: "g1" },
    ...{ reason: "ticket 4711", minutes: 60, createdAt: RIG_NOW - 60_000, state: "pending", ...more },
  });
  const list = [request("r1", {}), request("r2", { person: "anna" }), request("r3", { state: "denied" })];
  const own = rig({ "people.request.list": list });
  const page = await own.text("/");
  match(page, /mira<\/strong> wants to change settings at CP005 as installer.*ticket 4711/s);
  match(page, /<form method="post" action="\/access\/requests\/r1\/decision">/);
  for (const id of ["r2", "r3"]) equal(page.includes(`/access/requests/${id}/`), false, id);
  const watcher = new ConsoleRig({ answers: { ...GARAGE_ANSWERS }, may: ["people.request.list"] });
  equal((await watcher.text("/")).includes("/decision"), false);
});

Deno.test("dashboard: a role that may see nothing of it still gets a page", async () => {
  const nothing = new ConsoleRig({ answers: GARAGE_ANSWERS, may: [] });
  equal((await nothing.get("/")).status, 200);
  deepEqual(nothing.asked.filter(({ method }) => method === "people.run"), []);
});

Deno.test("dashboard: the floor plan keeps the order of numbers and fills lanes on both sides", () => {
  const named = (id: string) => ({ ...rows[0]!, id });
  const lanes = layLanes(["CP10", "CP9", "CP1"].map(named));
  deepEqual(lanes.map(({ above, below }) => [above, below].map((side) => side.map(({ id }) => id))), [
    [["CP1", "CP9"], ["CP10"]],
  ]);
  const many = layLanes(Array.from({ length: 13 }, (_, at) => named(`S${at}`)));
  deepEqual(many.map(({ above, below }) => [above.length, below.length]), [[6, 6], [1, 0]]);
  deepEqual(layLanes([]), []);
});

Deno.test("dashboard: certificates that end soon are shown, but not those the gateway renews by itself", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const issued = (stationId: string, notAfter: string, state = "good") => ({
    ...{ serial: "1", fingerprint: "f", who: "w", issuedAt: "", stationId, notAfter, state },
  });
  const found = endings({
    certificates: [
      issued("LATE", "2026-01-30T23:59:59Z"),
      issued("SOON", "2026-01-02T00:00:00Z"),
      issued("FAR", "2026-01-31T00:00:00Z"),
      issued("GONE", "2026-01-02T00:00:00Z", "revoked"),
    ],
    listeners: [
      { listener: "console", source: "site-ca", names: [], notAfter: "2026-01-01T10:00:00Z" },
      { listener: "ocpp", source: "own", names: [], notAfter: "2026-01-05T00:00:00Z" },
    ],
  }, now);
  deepEqual(found.map(({ what }) => what), ["SOON", "ocpp", "LATE"]);
});

Deno.test("stations: the filter stands in the address and says so when nothing fits", async () => {
  const ids = (query: string) => filterStations(rows, new URLSearchParams(query)).map(({ id }) => id);
  deepEqual(ids("show=away"), ["CP005"]);
  deepEqual(ids("show=weak"), ["CP006"]);
  deepEqual(ids("q=evlink"), ["CP003", "CP006", "CP009"]);
  equal(ids("").length, 14);
  match(await rig().text("/stations?q=nothing-like-it"), /No station fits/);
  match(await rig().text("/stations?q=cp005"), /value="cp005"/);
});

Deno.test("station: shows why it cannot charge and what to do; an unknown one is a 404", async () => {
  const page = await rig().text("/stations/CP005");
  match(page, /does not get through TLS/);
  match(page, /Update its firmware/);
  equal((await rig().get("/stations/CP999")).status, 404);
});

Deno.test("station: a new password is shown once, on a page that nobody keeps", async () => {
  const own = rig();
  const response = await own.post("/stations/CP005/credential", {});
  equal(response.headers.get("cache-control"), "no-store");
  match(await response.text(), /77aa0fa1c9d24b7fa6db40e2c2b8a911/);
  deepEqual(own.askedOf("command station credential").map(({ args }) => args), [{ station: "CP005" }]);
});

Deno.test("station: the path names the station, whatever a form says", async () => {
  const own = rig();
  await own.post("/stations/CP005/credential", { station: "CP001" });
  deepEqual(own.askedOf("command station credential").map(({ args }) => args), [{ station: "CP005" }]);
});

Deno.test("inbox: taking in sends what was chosen and shows the password once", async () => {
  const own = rig();
  const response = await own.post("/inbox/NEW-BAY-15/adopt", { profile: "2", csms: "" });
  match(await response.text(), /3b1e0fa1c9d24b7fa6db40e2c2b8a911/);
  deepEqual(own.askedOf("command station adopt").map(({ args }) => args), [{ station: "NEW-BAY-15", profile: "2" }]);
  const wrong = await own.post("/inbox/NEW-BAY-15/adopt", { profile: "9" });
  equal(wrong.status, 422);
  match(await wrong.text(), /profile/);
});

Deno.test("acts: a refusal of control stands on the page with its rule and what to do", async () => {
  const refuse = () => {
    throw new IdentityError("PERSON_FORBIDDEN", "An auditor changes nothing", { hint: "Ask an operator" });
  };
  const response = await rig({ "command alarms ack": refuse }).post("/alarms/acknowledge", { kind: "a", subject: "b" });
  equal(response.status, 403);
  const page = await response.text();
  match(page, /An auditor changes nothing/);
  match(page, /PERSON_FORBIDDEN/);
});

Deno.test("acts: a dangerous one asks for a fresh proof and carries what was entered", async () => {
  let isProven = false;
  const own = rig({
    "people.step-up": ({ totp }: { totp?: string }) => {
      if (totp !== "123456") throw new IdentityError("LOGIN_REFUSED", "no");
      isProven = true;
      return own.session();
    },
    "command alarms ack": () => {
      if (!isProven) throw new GatewayError("STEP_UP_NEEDED", "prove it");
      return { text: "done", data: {} };
    },
  });
  const asked = await own.post("/alarms/acknowledge", { kind: "a.b", subject: "<s>" });
  equal(asked.status, 422);
  const page = await asked.text();
  match(page, /name="subject" value="&lt;s&gt;"/);
  match(page, /_proof-code/);
  const wrong = await own.post("/alarms/acknowledge", { kind: "a.b", subject: "<s>", "_proof-code": "000 000" });
  match(await wrong.text(), /That did not work/);
  const right = await own.post("/alarms/acknowledge", { kind: "a.b", subject: "<s>", "_proof-code": "123 456" });
  equal(right.status, 303);
  match(right.headers.get("set-cookie") ?? "", /bulkhead-flash/);
});

Deno.test("acts: what was done is said once on the next page", async () => {
  const own = rig();
  const done = await own.post("/alarms/acknowledge", { kind: "a", subject: "b" });
  const cookie = /(__Host-bulkhead-flash=[^;]+)/.exec(done.headers.get("set-cookie")!)![1]!;
  const next = await own.get("/alarms", { cookie: `${cookie}; __Host-bulkhead-session=t` });
  match(next.headers.get("set-cookie") ?? "", /bulkhead-flash=; Max-Age=0/);
  match(await next.text(), /You have taken the alarm in hand/);
  const broken = await own.get("/alarms", { cookie: "__Host-bulkhead-flash=%7Bbroken; __Host-bulkhead-session=t" });
  equal(broken.status, 200);
});

Deno.test("inbox: adoptions that are not finished stand there with why, and are finished by a form (EV-01)", async () => {
  const own = rig();
  const page = await own.text("/inbox");
  match(page, /CP005<\/a>.*a password of the factory works.*installer \(admin\).*CP006<\/a>.*nobody has looked/s);
  equal(page.includes("/inbox/CP001/finish"), false, "what is finished is not shown");
  const answer = await own.post("/inbox/CP006/finish", { seen: "sheet 12" });
  equal(answer.headers.get("location"), "/inbox");
  deepEqual(own.askedOf("command station adoption finish")[0].args, { station: "CP006", seen: "sheet 12" });
  own.answers["command station adoption finish"] = () => {
    throw new GatewayError("ADOPTION_OPEN", "A password of the factory still works at CP005: installer", {
      hint: "Change it there, then finish the adoption again",
    });
  };
  const refused = await own.post("/inbox/CP005/finish", {});
  equal(refused.status, 409);
  match(await refused.text(), /still works at CP005: installer.*Change it there/s);
  own.answers["command station adoption"] = [];
  equal((await own.text("/inbox")).includes("Adoption not finished"), false);
});

Deno.test("BC-13: the inbox says that a controller has no way in, and warns where no vault could tell", async () => {
  const own = rig();
  own.answers["command station adoption"] = [{ station: "CP005", state: "no-recovery", at: 0, by: "anna" }];
  match(await own.text("/inbox"), /CP005<\/a>.*no way in if its password is lost/s);
  const row = { station: "CP006", state: "finished", at: 0, by: "anna" };
  for (const [warning, says] of [[undefined, false], ["not looked at", true]] as const) {
    own.answers["command station adoption finish"] = warning === undefined ? row : { ...row, warning };
    const done = await own.post("/inbox/CP006/finish", {});
    const cookie = /(__Host-bulkhead-flash=[^;]+)/.exec(done.headers.get("set-cookie")!)![1]!;
    const next = await (await own.get("/inbox", { cookie: `${cookie}; __Host-bulkhead-session=t` })).text();
    equal(/CP006 is finished\. Nobody looked at how to recover.*keeps no vault/.test(next), says);
  }
});
