import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { GARAGE_ANSWERS } from "../../../tests/support/console_answers.ts";
import { HARDENING_INPUTS } from "../../../tests/support/console_hardening_inputs.ts";
import { ConsoleRig, RIG_TOKEN } from "../../../tests/support/console_rig.ts";
import { GatewayError, IdentityError } from "../../core/errors.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import { PAGES } from "../pages/registry.ts";
import { systemRandom } from "../../core/timers.ts";
import { DropFolder } from "../upload/drop_folder.ts";
import { openApiDocument } from "./openapi.ts";
import { hasJsonBody } from "./rest.ts";
import { OPERATIONS } from "./registry.ts";

const rig = (answers: Record<string, unknown> = {}, drop?: DropFolder) =>
  new ConsoleRig({ isOut: true, answers: { ...GARAGE_ANSWERS, ...answers }, ...drop ? { drop } : {} });

/** A folder where files that callers bring wait. */
async function dropFolder(): Promise<{ drop: DropFolder; names(): string[] } & AsyncDisposable> {
  const folder = await Deno.makeTempDir();
  return {
    drop: new DropFolder({ folder, imageBytes: 100, quotaBytes: 1_000 }, systemRandom),
    names: () => [...Deno.readDirSync(folder)].map(({ name }) => name),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
const TOKEN = { authorization: "Bearer bh_token", accept: "application/json" };

/** One call of the API with a token. */
async function call(
  own: ConsoleRig,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await own.app.request(`https://gw.garage-12.example/api/v1${path}`, {
    method,
    ...body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) },
    headers: {
      host: "gw.garage-12.example",
      ...TOKEN,
      ...body === undefined ? {} : { "content-type": "application/json" },
      ...headers,
    },
  });
  const text = await response.text();
  return { response, status: response.status, text, json: () => JSON.parse(text) };
}

/** A request that fits each operation; what is not here needs nothing. */
const INPUTS: Readonly<Record<string, Record<string, unknown>>> = {
  ...HARDENING_INPUTS,
  acknowledgeAlarm: { kind: "audit.sink.away", subject: "siem.example:6514" },
  addApiToken: { label: "Grafana", scopes: ["read"], days: 90 },
  addGrant: {
    ...{ id: "field", group: "ev-field", allStations: true, deviceRoles: ["installer"], capabilities: ["view"] },
    ...{ when: "schedule", from: "06:00", to: "20:00", maxMinutes: 60, because: "Field work" },
  },
  addPerson: { name: "mira", roles: ["technician"] },
  allowBadge: { badge: "04A1", note: "van 3", until: "2026-12-31" },
  blockBadge: { badge: "04A1", reason: "lost", until: "2026-12-31T18:00:00Z" },
  forgetBadge: { badge: "04A1" },
  importBadges: { list: "blocked", lines: "04A1;lost" },
  checkBadges: { list: "blocked", lines: "04A1;lost" },
  exportBadges: { list: "blocked" },
  changeOfflineSetting: { station: "CP001", setting: "cache", value: "false", reason: "lost badges" },
  renewBadge: { badge: "04A1", new: "04B2", reason: "copied" },
  unblockBadge: { badge: "04A1" },
  adoptDevice: { mac: "02:00:00:00:00:99" },
  adoptStation: { station: "NEW-BAY-15", profile: "2" },
  changePerson: { name: "mira", state: "disabled" },
  confirmPostureLine: { subject: "CP005", line: "EV-23", seen: "so" },
  decideAccessRequest: { id: "r1", decision: "approve" },
  endOpenAccess: { id: "l1" },
  endSession: { id: "s2" },
  explainAccess: { station: "CP005", deviceRole: "installer", capability: "edit", person: "anna" },
  explainOcppMessage: { station: "CP001", direction: "from-csms", action: "UpdateFirmware" },
  explainStation: { station: "CP005" },
  fetchFirmwareImage: { url: "https://files.vendor.example/a.deb", vendor: "bender", version: "5.33.2" },
  listFirmwareOffers: { source: "hq" },
  readFirmwareImage: { image: "ab12cd34" },
  releaseFirmwareImage: { image: "ab12cd34", hash: "ab".repeat(32), because: "vendor mail" },
  removeFirmwareImage: { image: "ab12cd34" },
  takeFirmwareImage: { source: "hq", target: "bender/CC613/a.deb" },
  verifyFirmwareImage: { image: "ab12cd34" },
  withdrawFirmwareImage: { image: "ab12cd34", because: "advisory" },
  issueCertificate: { station: "CP001", csr: "-----BEGIN CERTIFICATE REQUEST-----" },
  removeGrant: { id: "g1" },
  removeOwnFactor: { id: "f1" },
  endDeviceSession: { session: "d1" },
  joinDeviceSession: { session: "d1" },
  openDevicePage: { station: "CP001", deviceRole: "installer", capability: "edit", reason: "meter replaced" },
  reopenDevicePage: { lease: "l1" },
  watchDeviceSession: { session: "d1" },
  readSubjectPosture: { subject: "CP005" },
  runPosture: { subject: "CP005" },
  unwaivePostureLine: { subject: "CP005", line: "BC-H03" },
  importAdvisory: { file: btoa("{}") },
  withdrawAdvisory: { id: "VDE-2026-031", reason: "replaced by VDE-2026-040" },
  removeAdvisory: { id: "VDE-2026-031" },
  addAuditReview: { note: "all of otto" },
  collectSecurityLog: { collect: "CP001" },
  handOutStationLog: { upload: "u1" },
  revealStationLogPassword: { handout: "ab".repeat(16) },
  uploadFirmwareFile: { fileName: "ebee.deb" },
  judgeFirmwareUpload: { upload: "ab".repeat(16), fileName: "ebee.deb", vendor: "bender", version: "5.34.0" },
  keepFirmwareUpload: { upload: "ab".repeat(16), fileName: "fleet.fwb", target: "bender/CC613/d.deb" },
  discardFirmwareUpload: { upload: "ab".repeat(16) },
  acknowledgeEscrow: { hash: "9f86d081884c7d65" },
  addResetCard: { unit: "CP001", card: "04A1B2C3", custodian: "Anna Berg", place: "safe" },
  changeSecretsOfLeaver: { person: "anna" },
  confirmSecret: { station: "CP008-S", slot: "operator", done: "yes" },
  importSecret: { station: "CP005", slot: "operator", secret: "Set-By-Hand.1" },
  removeResetCard: { card: "1f0c9a2b" },
  retrySecret: { station: "CP005", slot: "operator" },
  revealSecret: { unit: "CP001", slot: "operator", reason: "maker on site" },
  rotateSecret: { unit: "CP001", slot: "operator" },
  approveRollout: { rollout: "R2" },
  askRollout: { profile: "bender-cc", settings: "autocharge", stopAfter: 2, reason: "hardening" },
  cancelRollout: { rollout: "R2" },
  resumeRollout: { rollout: "R2" },
  waivePostureLine: { subject: "CP005", line: "BC-H02", reason: "moves in May", until: "2027-05-31" },
  readStationRecord: { station: "CP001" },
  replayRecording: { recording: "d1" },
  abortFirmwareCampaign: { id: "fw-3", because: "wrong image" },
  approveFirmwareCampaign: { id: "fw-4" },
  forecastFirmwareCampaign: { id: "fw-4" },
  bringDeviceFirmware: { station: "CP001", image: "a".repeat(64) },
  checkDeviceDefaults: { station: "CP001" },
  downloadFromDevice: { station: "CP001", what: "logs" },
  importDeviceSettings: { station: "CP001", file: "limit=16" },
  listDeviceJobs: { station: "CP001" },
  proveDeviceAccount: { station: "CP001", role: "operator" },
  readDeviceCapabilities: { station: "CP001" },
  readDeviceFile: { id: "f1", from: 0 },
  readDeviceSettings: { station: "CP001" },
  readDeviceVersion: { station: "CP001" },
  rebootDevice: { station: "CP001" },
  setDevicePassword: { station: "CP001", role: "operator", old: "a", new: "b" },
  markFirmwarePartDone: { id: "fw-3", station: "CP007-S" },
  takeFirmwarePart: { id: "fw-3", station: "CP007-S" },
  pauseFirmwareCampaign: { id: "fw-3" },
  planFirmwareCampaign: { image: "3f5a9c0d" },
  readFirmwareCampaign: { id: "fw-3" },
  readFirmwareCampaignCsv: { id: "fw-3" },
  releaseFirmwareCampaign: { id: "fw-3" },
  resumeFirmwareCampaign: { id: "fw-2" },
  startFirmwareCampaign: { id: "fw-4" },
  finishAdoption: { station: "CP006", seen: "all four set" },
  enterCommissioningStep: { bay: "7", step: "electrical.insulation", value: "250" },
  exceptCommissioningStep: { bay: "7", step: "network.mac", station: "CP007", reason: "no hald" },
  takeBackCommissioningException: { bay: "7", step: "network.mac", station: "CP007" },
  signCommissioning: { bay: "7", name: "Ida Kern" },
  counterSignCommissioning: { bay: "7", name: "Olga Berg" },
  reopenCommissioning: { bay: "7", reason: "wrong photo" },
  downloadPostureReport: { format: "pdf" },
  placeStation: { station: "CP002", floor: "level-0", x: 15, y: 20 },
  readFloorPlanPicture: { floor: "level-0" },
  removeFloorPlan: { floor: "level-0" },
  setFloorPlan: { floor: "level-0", name: "Level 0" },
  unplaceStation: { station: "CP002" },
  openTunnel: { station: "CP001", port: 22, reason: "read the logs" },
  removePerson: { name: "mira" },
  renewStation: { station: "CP005" },
  renewStationCredential: { station: "CP005" },
  requestAccess: { station: "CP005", deviceRole: "installer", capability: "edit", reason: "ticket", minutes: 60 },
  resetPerson: { name: "mira", factors: true },
  revokeApiToken: { id: "t1" },
  revokeCertificate: { serial: "4a10" },
  unlockPerson: { name: "mira" },
  withdrawAccessRequest: { id: "r2" },
};

const document = JSON.parse(JSON.stringify(openApiDocument(OPERATIONS)));

Deno.test("api: the document is valid OpenAPI 3.1 and served to whoever asks", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  ok(valid, JSON.stringify(errors)?.slice(0, 500));
  equal(document.openapi, "3.1.0");
  const served = await rig().get("/api/v1/openapi.json");
  deepEqual(await served.json(), document);
});

Deno.test("api: every operation has an id and a route of its own, and its path's names are its input's", () => {
  const ids = OPERATIONS.map(({ id }) => id);
  deepEqual(ids, [...new Set(ids)]);
  const routes = OPERATIONS.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, "{}")}`);
  deepEqual(routes, [...new Set(routes)]);
  for (const { path, input, id } of OPERATIONS) {
    for (const [, name] of path.matchAll(/\{(\w+)\}/g)) ok(name! in input.shape, `${id} ${name}`);
  }
});

Deno.test("api: whatever a page can do is an operation of the API", () => {
  const known = new Set(OPERATIONS);
  const acts = PAGES.flatMap(({ acts = [] }) => acts);
  ok(acts.length > 20);
  deepEqual(acts.filter(({ operation }) => !known.has(operation)).map(({ path }) => path), []);
});

Deno.test("api: every operation answers what the document says", async (t) => {
  const ajv = new Ajv.default({ strict: false });
  addFormats.default(ajv);
  for (const operation of OPERATIONS) {
    await t.step(operation.id, async () => {
      await using folder = await dropFolder();
      const own = rig({}, folder.drop);
      const input = { ...INPUTS[operation.id] };
      const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = encodeURIComponent(String(input[name]));
        delete input[name];
        return value;
      });
      const hasBody = hasJsonBody(operation);
      const query = hasBody ? "" : `?${new URLSearchParams(input as Record<string, string>)}`;
      const body = hasBody ? input : operation.takesFile ? "an image" : undefined;
      const answer = await call(own, operation.method.toUpperCase(), path + query, body);
      equal(answer.status, 200, answer.text);
      const described =
        document.paths[operation.path][operation.method].responses["200"].content["application/json"].schema;
      const isAsDescribed = ajv.compile(described);
      ok(isAsDescribed(answer.json()), JSON.stringify(isAsDescribed.errors?.slice(0, 2)));
      const tokens = own.asked.map(({ args }) => args.by?.token);
      ok(tokens.length > 0 && tokens.every((token) => token === "bh_token"));
    });
  }
});

Deno.test("api: a file is the body, asked for before it is read, and lies in quarantine afterwards", async () => {
  await using folder = await dropFolder();
  const own = rig({}, folder.drop), path = "/firmware/uploads?fileName=ebee.deb";
  const answer = await call(own, "POST", path, "an image", { "content-type": "application/octet-stream" });
  const { upload, ...file } = answer.json();
  deepEqual([file, folder.names()], [{ fileName: "ebee.deb", sizeBytes: 8 }, [upload]]);
  deepEqual(own.askedOf("command firmware import").map(({ args }) => args), [{ room: true }]);
  const large = await call(own, "POST", path, "x".repeat(101));
  deepEqual([large.status, large.json().rule, folder.names().length], [413, "FIRMWARE_TOO_LARGE", 1]);
  equal((await call(own, "POST", "/firmware/uploads", "x")).json().rule, "api.input");
});

Deno.test("api: a file of somebody who may not bring one is not read", async () => {
  await using folder = await dropFolder();
  const refuse = () => Promise.reject(new GatewayError("ACCESS_REFUSED", "no API token may do it"));
  const own = rig({ "command firmware import": refuse }, folder.drop);
  const body = new ReadableStream({ pull: () => Promise.reject(new Error("it was read")) }, { highWaterMark: 0 });
  const response = await own.app.request("https://gw.garage-12.example/api/v1/firmware/uploads?fileName=a", {
    method: "POST",
    body,
    headers: { host: "gw.garage-12.example", ...TOKEN },
  });
  deepEqual([response.status, (await response.json()).rule, folder.names()], [403, "ACCESS_REFUSED", []]);
  const nobody = await call(own, "POST", "/firmware/uploads?fileName=a", "x", { authorization: "" });
  equal(nobody.json().rule, "console.form-token");
});

Deno.test("api: who does not say who asks is told how, and control is not asked", async () => {
  const own = rig();
  for (const authorization of ["", "Basic YTpi", "Bearer ", "Bearer a b", "bearer x"]) {
    const answer = await call(own, "GET", "/stations", undefined, { authorization });
    equal(answer.status, 401, authorization);
    equal(answer.json().rule, "api.token");
    equal(answer.response.headers.get("content-type"), "application/problem+json");
  }
  equal(own.asked.length, 0);
});

Deno.test("api: another Authorization never falls back to the browser's session", async () => {
  const own = new ConsoleRig({ answers: GARAGE_ANSWERS });
  const response = await own.post("/api/v1/alarms/acknowledge", {}, { authorization: "Basic YTpi" });
  equal(response.status, 401);
  equal(own.asked.length, 0);
});

Deno.test("api: a session may ask too, but changes need the page's token as forms do", async () => {
  const own = new ConsoleRig({ answers: GARAGE_ANSWERS });
  equal((await own.get("/api/v1/stations")).status, 200);
  const send = (headers: Record<string, string>) =>
    own.app.request("https://gw.garage-12.example/api/v1/alarms/acknowledge", {
      method: "POST",
      body: JSON.stringify(INPUTS["acknowledgeAlarm"]),
      headers: {
        ...{ "host": "gw.garage-12.example", "content-type": "application/json" },
        ...{ cookie: `__Host-bulkhead-session=s; __Host-bulkhead-form=${RIG_TOKEN}` },
        ...headers,
      },
    });
  equal((await send({})).status, 403);
  equal((await send({ "x-bulkhead-token": RIG_TOKEN, "origin": "https://evil.example" })).status, 403);
  equal((await send({ "x-bulkhead-token": RIG_TOKEN })).status, 200);
});

Deno.test("api: what does not fit names every field, and nothing is asked", async () => {
  const own = rig();
  const cases: readonly [string, string, unknown, readonly string[]][] = [
    ["POST", "/people", { roles: ["king"], nmae: "x" }, ["name", "nmae", "roles.0"]],
    ["POST", "/tokens", { label: "x", scopes: [], days: 400 }, ["days", "scopes"]],
    ["GET", "/stations?limit=0&color=red", undefined, ["color", "limit"]],
    ["GET", "/audit?after=-1", undefined, ["after"]],
    ["POST", "/inbox/NEW/adopt", { profile: 2 }, ["profile"]],
  ];
  for (const [method, path, body, fields] of cases) {
    const answer = await call(own, method, path, body);
    equal(answer.status, 422, answer.text);
    deepEqual(Object.keys(answer.json().fields).sort(), fields, path);
  }
  for (const body of ["[1]", "nonsense", "null", '"text"']) {
    equal((await call(own, "POST", "/people", body)).status, 400, body);
  }
  equal((await call(own, "POST", "/people", "{}", { "content-type": "text/plain" })).status, 400);
  equal(own.asked.length, 0);
});

Deno.test("api: refusals of control come as problems with their code and status", async () => {
  const cases = [
    [new IdentityError("PERSON_FORBIDDEN", "no", { hint: "ask" }), 403],
    [new IdentityError("STEP_UP_NEEDED", "prove it"), 401],
    [new IdentityError("SESSION_ENDED", "over"), 401],
    [new GatewayError("STATION_UNKNOWN", "who?"), 404],
    [new GatewayError("STATION_EXISTS", "twice"), 409],
    [new GatewayError("STATION_INVALID", "odd"), 422],
    [new GatewayError("RPC_PEER_GONE", "away"), 503],
  ] as const;
  for (const [error, status] of cases) {
    const own = rig({ "command why": () => Promise.reject(error) });
    const answer = await call(own, "GET", "/stations/CP005/why");
    equal(answer.status, status);
    equal(answer.json().rule, error.code);
    match(answer.json().type, /^urn:bulkhead:problem:/);
  }
  const broken = await call(
    rig({ "command why": () => Promise.reject(new Error("secret inside")) }),
    "GET",
    "/stations/x/why",
  );
  equal(broken.status, 500);
  equal(broken.text.includes("secret inside"), false);
});

Deno.test("api: lists come in pages that lead to each other; the largest page is the limit", async () => {
  const own = rig();
  const first = await call(own, "GET", "/stations?limit=10");
  equal(first.json().items.length, 10);
  equal(first.json().next, 10);
  equal(first.response.headers.get("link"), '</api/v1/stations?limit=10&cursor=10>; rel="next"');
  const rest = await call(own, "GET", "/stations?limit=10&cursor=10");
  equal(rest.json().items.length, 4);
  equal(rest.json().next, undefined);
  deepEqual((await call(own, "GET", "/stations?cursor=999")).json(), { items: [] });
  equal((await call(own, "GET", `/stations?limit=${CONSOLE_LIMITS.apiRows}`)).status, 200);
  equal((await call(own, "GET", `/stations?limit=${CONSOLE_LIMITS.apiRows + 1}`)).status, 422);
});

Deno.test("api: who has an answer already is told that it is the same", async () => {
  const own = rig();
  const first = await call(own, "GET", "/status");
  const etag = first.response.headers.get("etag")!;
  match(etag, /^"[\w-]{22}"$/);
  const again = await call(own, "GET", "/status", undefined, { "if-none-match": etag });
  equal(again.status, 304);
  equal(again.text, "");
  own.answers["command status"] = { ...(GARAGE_ANSWERS["command status"] as object), ready: false };
  equal((await call(own, "GET", "/status", undefined, { "if-none-match": etag })).status, 200);
});

Deno.test("api: the path names the thing, whatever the body says", async () => {
  const own = rig();
  const answer = await call(own, "POST", "/stations/CP005/credential", { station: "CP001" });
  equal(answer.status, 200);
  deepEqual(own.askedOf("command station credential").map(({ args }) => args), [{ station: "CP005" }]);
});

Deno.test("api: an unknown path is a problem, also for a browser", async () => {
  const response = await rig().get("/api/v1/nothing", { accept: "text/html" });
  equal(response.status, 404);
  equal(response.headers.get("content-type"), "application/problem+json");
});
