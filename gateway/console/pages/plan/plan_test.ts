import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig, RIG_TOKEN } from "../../../../tests/support/console_rig.ts";
import { planPicture } from "../../../../tests/support/plan_picture.ts";
import { GatewayError } from "../../../core/errors.ts";
import { CONSOLE_LIMITS } from "../../limits.ts";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });
const ORIGIN = "https://gw.garage-12.example";

/** Posts a form with a file, as a browser without script does. */
async function postFile(own: ConsoleRig, fields: Record<string, string>, file?: Blob): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries({ _token: RIG_TOKEN, ...fields })) body.append(name, value);
  if (file) body.append("picture", file, "plan.png");
  return await own.app.request(`${ORIGIN}/plan/floors`, {
    method: "POST",
    body,
    headers: {
      ...{ host: "gw.garage-12.example", accept: "text/html", origin: ORIGIN },
      cookie: `__Host-bulkhead-form=${RIG_TOKEN}; __Host-bulkhead-session=s`,
    },
  });
}

Deno.test("floor plan page: shows the chosen floor, its stations with their state in words, and the way to the others", async () => {
  const own = rig();
  const text = await own.text("/plan?floor=level-1");
  match(
    text,
    /<nav class="tabs" aria-label="Floors">.*href="\/plan\?floor=level-0" ?>Level 0<.*aria-current="page">Level -1</s,
  );
  match(text, /aria-label="CP012: No OCPP"/);
  ok(!text.includes('aria-label="CP002'));
  match(await own.text("/plan?floor=attic"), /aria-label="CP005: Away"/); // an unknown floor is the first one
});

Deno.test("floor plan page: every station can be moved by a form without script, and the unplaced put on the floor", async () => {
  const own = rig();
  const text = await own.text("/plan");
  equal([...text.matchAll(/action="\/plan\/places"/g)].length, 10 + 3);
  match(text, /<input id="f-CP002-x" name="x" value="15" type="number" min="0" max="100" step="0\.1"/);
  const answer = await own.post("/plan/places", { station: "CP001", floor: "level-0", x: "6", y: "92.5" });
  equal(answer.status, 303);
  equal(answer.headers.get("location"), "/plan?floor=level-0");
  deepEqual(own.askedOf("command plan place")[0].args, { station: "CP001", floor: "level-0", x: "6", y: "92.5" });
  equal((await own.post("/plan/places/remove", { station: "CP002" })).headers.get("location"), "/plan");
  deepEqual(own.askedOf("command plan unplace")[0].args, { station: "CP002" });
});

Deno.test("floor plan page: a place beside the plan is named and not asked for", async () => {
  const own = rig();
  const answer = await own.post("/plan/places", { station: "CP001", floor: "level-0", x: "101", y: "left" });
  equal(answer.status, 422);
  const text = await answer.text();
  match(text, /<dt[^>]*>x<|>x</);
  equal(own.askedOf("command plan place").length, 0);
});

Deno.test("floor plan page: a picture goes to control as it is, larger than any other form", async () => {
  const own = rig();
  const picture = planPicture(60, 40);
  const padded = new Uint8Array(CONSOLE_LIMITS.bodyBytes * 2);
  padded.set(picture);
  const answer = await postFile(own, { floor: "level-2", name: "Roof" }, new Blob([padded]));
  equal(answer.status, 303);
  equal(answer.headers.get("location"), "/plan?floor=level-0"); // what control answered
  const [{ args }] = own.askedOf("command plan set");
  deepEqual({ ...args, file: "" }, { floor: "level-2", name: "Roof", file: "" });
  deepEqual(Uint8Array.fromBase64(args.file), padded);
});

Deno.test("floor plan page: a new name without a file leaves the picture alone", async () => {
  const own = rig();
  equal((await postFile(own, { floor: "level-0", name: "Ground" }, new Blob([]))).status, 303);
  deepEqual(own.askedOf("command plan set")[0].args, { floor: "level-0", name: "Ground", file: undefined });
});

Deno.test("floor plan page: what control says of a bad picture is shown with what to do", async () => {
  const own = rig({
    "command plan set": () => {
      throw new GatewayError("PLAN_PICTURE_INVALID", "An SVG may hold scripts and links, so it is not taken", {
        hint: "Export the plan as PNG or JPEG",
      });
    },
  });
  const answer = await postFile(own, { floor: "level-0" }, new Blob(["<svg/>"]));
  equal(answer.status, 422);
  const text = await answer.text();
  match(text, /An SVG may hold scripts and links.*Export the plan as PNG or JPEG/s);
});

Deno.test("floor plan page: as many bytes as the limit of a picture's request, and one past it", async () => {
  const own = rig();
  const send = (bytes: number) =>
    own.app.request(`${ORIGIN}/api/v1/plan/floors/level-0`, {
      method: "PUT",
      body: JSON.stringify({ picture: "" }).padEnd(bytes),
      headers: {
        ...{ host: "gw.garage-12.example", authorization: "Bearer bh_token" },
        ...{ "content-type": "application/json", "content-length": String(bytes) },
      },
    });
  equal((await send(CONSOLE_LIMITS.planBodyBytes)).status, 200);
  const answer = await send(CONSOLE_LIMITS.planBodyBytes + 1);
  equal(answer.status, 413);
  equal((await answer.json()).rule, "console.body-size");
});

Deno.test("floor plan page: as many pictures at once as the limit, and one past it waits for its turn", async () => {
  const gate = Promise.withResolvers<void>();
  const own = rig({ "command plan set": () => gate.promise.then(() => GARAGE_ANSWERS["command plan set"]) });
  const running = Array.from({ length: CONSOLE_LIMITS.planUploads }, () => postFile(own, { floor: "level-0" }));
  const refused = await postFile(own, { floor: "level-0" });
  equal(refused.status, 503);
  match(await refused.text(), /pictures or advisories are being brought already/);
  gate.resolve();
  deepEqual((await Promise.all(running)).map(({ status }) => status), running.map(() => 303));
  equal((await postFile(own, { floor: "level-0" })).status, 303);
});

Deno.test("floor plan page: who may not arrange sees plan and places, and no form", async () => {
  const own = rig({}, ["command plan show", "command stations", "command plan picture"]);
  const text = await own.text("/plan");
  match(text, /aria-label="CP005: Away"/);
  match(text, /15 %, 20 %/);
  for (const no of ["/plan/places", '/plan/floors"', "data-floor", 'type="file"']) ok(!text.includes(no), no);
  equal((await rig({}, []).get("/plan")).status, 403);
});

Deno.test("floor plan page: without a floor it says what to do", async () => {
  const own = rig({ "command plan show": { floors: [], places: [], unplaced: ["CP001"] } });
  const text = await own.text("/plan");
  match(text, /No floor plan yet/);
  match(text, /enctype="multipart\/form-data"/);
});

Deno.test("floor plan picture: comes with its own type, once per change, and to nobody who may not see it", async () => {
  const own = rig();
  const first = await own.get("/plan/floors/level-0/picture");
  equal(first.headers.get("content-type"), "image/png");
  equal(first.headers.get("cache-control"), "private, no-cache");
  equal(first.headers.get("x-content-type-options"), "nosniff");
  deepEqual(new Uint8Array(await first.arrayBuffer()), planPicture());
  const again = await own.get("/plan/floors/level-0/picture", { "if-none-match": first.headers.get("etag")! });
  equal(again.status, 304);
  equal((await rig({}, ["command plan show"]).get("/plan/floors/level-0/picture")).status, 403);
  const out = new ConsoleRig({ answers: GARAGE_ANSWERS, isOut: true });
  equal(
    (await out.get("/plan/floors/level-0/picture")).headers.get("location"),
    "/login?next=%2Fplan%2Ffloors%2Flevel-0%2Fpicture",
  );
});

Deno.test("floor plan page: speaks German", async () => {
  const text = await rig().text("/plan", { "accept-language": "de" });
  match(text, /<h1>Grundrisse<\/h1>/);
  match(text, /aria-label="CP005: Getrennt"/);
  for (const english of ["Arrange", "Take off", "On no plan", "Keep<"]) ok(!text.includes(english), english);
});

Deno.test("dashboard: the plans show every placed station as shape and word, the others stand in rows", async () => {
  const alarm = { kind: "posture.drifted", severity: "warning", state: "active", count: 1, firstSeen: 1, lastSeen: 1 };
  const alarms = ["CP002 EV-23", "CP002", "CP0021"].map((subject) => ({ ...alarm, subject }));
  const own = rig({ "command alarms list": { alarms } });
  const text = await own.text("/");
  match(text, /<h3>Level 0<\/h3>.*<h3>Level -1<\/h3>/s);
  match(text, /id="mark-CP002" href="\/stations\/CP002" aria-label="CP002: Connected, 2 alarms"/);
  match(
    text,
    /<svg class="mark bad" x="67\.5%" y="20%" data-station="CP005">.*?aria-label="CP005: Away".*?<path class="shape"/s,
  );
  match(text, /<svg class="mark good"[^>]*data-station="CP003">.*?<circle class="shape"/s);
  match(text, /<svg class="mark off"[^>]*data-station="CP012">.*?<rect class="shape"/s);
  match(text, /On no plan yet: 3\..*id="bay-CP001".*id="bay-CP013"/s);
  ok(!text.includes('id="bay-CP002"'));
  ok(!/style=/.test(text));
});

Deno.test("dashboard: without a plan all stations stand in rows of bays", async () => {
  const text = await rig({ "command plan show": { floors: [], places: [], unplaced: [] } }).text("/");
  match(text, /id="bay-CP002"/);
  ok(!text.includes("mark-CP002"));
});
