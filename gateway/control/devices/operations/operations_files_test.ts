import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { OperationResult } from "../../../core/device_operations_api.ts";
import { alfenPages } from "../../../demo/controllers/alfen.ts";
import { BenderPages } from "../../../demo/controllers/bender.ts";
import { charxPages } from "../../../demo/controllers/charx.ts";
import { faultyDevice } from "../../../demo/controllers/faulty_device.ts";
import type { SimPages } from "../../../demo/controllers/simulated_device.ts";
import { DeviceRig } from "../testing/device_rig.ts";
import { OperationRig } from "../testing/operation_rig.ts";
import { OPERATION_LIMITS } from "./limits.ts";

const said = (result: OperationResult): string => result.ok ? "ok" : result.failure;
const who = "mia", station = "CP001";
const CHARX = { operator: { password: "right-Pass1" }, manufacturer: { password: "right-Pass2" } };

function charxRig(wrap: (pages: SimPages) => SimPages = (pages) => pages) {
  const charx = charxPages({ operator: "right-Pass1", manufacturer: "right-Pass2" });
  return { charx, open: () => OperationRig.open({ driver: "charx", pages: wrap(charx.pages), accounts: CHARX }) };
}

/** The plain bytes of a kept file, by the command. */
async function plainOf(rig: OperationRig, id: string): Promise<string> {
  let text = "";
  for (let from = 0;;) {
    const { data } = await rig.devices.command("device file", { id, from: String(from) });
    const { piece, bytes } = data as { piece: string; bytes: number };
    const part = Buffer.from(piece, "base64");
    text += part.toString();
    from += part.length;
    if (from >= bytes) return text;
  }
}

Deno.test("BC-11: logs of a controller stand sealed on this box, and who takes them out is audited", async () => {
  const { open } = charxRig();
  await using rig = await open();
  const { data } = await rig.devices.command("device download", { station, what: "logs" });
  const { id, fileName, bytes } = data as { id: string; fileName: string; bytes: number };
  deepEqual([fileName, bytes], ["logs.zip", 7]);
  const files = [...Deno.readDirSync(`${rig.devices.folder}/device-files`)].map(({ name }) => name);
  equal(files.length, 1);
  const sealed = await Deno.readFile(`${rig.devices.folder}/device-files/${files[0]}`);
  equal(Buffer.from(sealed).includes("PK-logs"), false, "no plain byte on the disk");
  equal(await plainOf(rig, id), "PK-logs");
  const read = rig.devices.audited.filter(({ event }) => event === "device.file.read");
  deepEqual(read.map(({ who, target, detail }) => [who, target, detail?.["file"]]), [["mia", station, id]]);
  match((await rig.devices.command("device files", {})).text, /logs\.zip/);
  deepEqual(rig.audited, ["logs ok"]);
});

Deno.test("downloads: a file that was changed on the disk, or whose place is empty, is not handed out", async () => {
  const { open } = charxRig();
  await using rig = await open();
  const { data } = await rig.devices.command("device download", { station, what: "configuration" });
  const { id } = data as { id: string };
  const path = `${rig.devices.folder}/device-files/${
    [...Deno.readDirSync(`${rig.devices.folder}/device-files`)][0]!.name
  }`;
  const bytes = await Deno.readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await Deno.writeFile(path, bytes);
  await rejects(plainOf(rig, id), { code: "UPLOAD_BROKEN" });
  await Deno.remove(path);
  await rejects(plainOf(rig, id), { code: "DEVICE_FILE_UNKNOWN" });
  await rejects(plainOf(rig, "000000000000"), { code: "DEVICE_FILE_UNKNOWN" });
  await rejects(rig.devices.command("device file", { id, from: "-1" }), { code: "CLI_USAGE" });
});

Deno.test("downloads: of a station the newest ten are kept, the files of the others are gone", async () => {
  const { open } = charxRig();
  await using rig = await open();
  const ids: string[] = [];
  for (let count = 0; count <= OPERATION_LIMITS.downloadsOfStation; count++) {
    rig.devices.time.advance(1_000);
    const result = await rig.operations.download({ station, who, what: "logs" });
    if (result.ok) ids.push(result.id);
  }
  equal(ids.length, OPERATION_LIMITS.downloadsOfStation + 1);
  await rejects(plainOf(rig, ids[0]!), { code: "DEVICE_FILE_UNKNOWN" });
  equal(await plainOf(rig, ids[1]!), "PK-logs");
  equal([...Deno.readDirSync(`${rig.devices.folder}/device-files`)].length, OPERATION_LIMITS.downloadsOfStation);
});

const NO_FILE: readonly [what: string, answer: ReturnType<SimPages>, failure: string][] = [
  ["a login page with 200", { status: 200, headers: { "content-type": "text/html" }, body: "<form>" }, "rejected"],
  ["an object with an error", { status: 200, headers: { "content-type": "application/json" }, body: "{}" }, "rejected"],
  ["not found", { status: 404 }, "rejected"],
  ["a broken connection", { status: 200, drops: true }, "away"],
];
for (const [what, answer, failure] of NO_FILE) {
  Deno.test(`downloads: ${what} in the place of a file leaves nothing behind`, async () => {
    const { open } = charxRig((pages) => (request) => request.path.endsWith("/logs") ? answer : pages(request));
    await using rig = await open();
    equal(said(await rig.operations.download({ station, who, what: "logs" })), failure);
    deepEqual([...Deno.readDirSync(`${rig.devices.folder}/device-files`)], []);
  });
}

Deno.test("downloads: a name of the controller's is made plain", async () => {
  const headers = {
    "content-type": "application/zip",
    "content-disposition": 'attachment; filename="../../etc/ev il;.zip"',
  };
  const { open } = charxRig((pages) => (request) =>
    request.path.endsWith("/logs") ? { status: 200, headers, body: "x" } : pages(request)
  );
  await using rig = await open();
  const result = await rig.operations.download({ station, who, what: "logs" });
  equal(result.ok && result.download.fileName, "ev_il");
});

Deno.test("downloads: a controller that reads in pages gives one text; one that gives out no configuration, its settings without secrets", async () => {
  const alfen = alfenPages({ admin: "right" });
  await using one = await OperationRig.open({
    driver: "alfen",
    pages: alfen.pages,
    accounts: { installer: { password: "right" } },
  });
  const log = await one.devices.command("device download", { station, what: "logs" });
  match(await plainOf(one, (log.data as { id: string }).id), /started[\s\S]*connected[\s\S]*charging/);
  const bender = new BenderPages({ passwords: { operator: "right" }, dialects: ["json"] });
  bender.settings.set("WLANPassword_wlan", "hidden-in-file");
  bender.settings.set("NewPwd_custom", "hidden-in-file");
  await using two = await OperationRig.open({
    driver: "bender",
    pages: bender.pages,
    accounts: { operator: { password: "right" } },
  });
  const own = await two.devices.command("device download", { station, what: "configuration" });
  const text = await plainOf(two, (own.data as { id: string }).id);
  deepEqual(JSON.parse(text), {
    station,
    settings: { ChargePointID_ocpp: "CP001", OperatorCurrentLimit_vehicleif: "16" },
  });
});

Deno.test("EV-07: a verified image reaches the controller whole, under a plain name, and is installed", async () => {
  const { charx, open } = charxRig();
  await using rig = await open();
  const told: number[] = [];
  const result = await rig.operations.uploadFirmware({
    station,
    who,
    sha256: rig.sha256,
    onProgress: (bytes) => told.push(bytes),
  });
  equal(said(result), "ok");
  deepEqual([charx.images, charx.installs], [[rig.sha256], ["fw_v2.bin"]]);
  ok(told.length > 0, "progress is told");
  const record = rig.devices.audited.findLast(({ event }) => event === "device.operation.done")!;
  deepEqual([record.class, record.detail?.["sha256"], record.detail?.["deviceRole"]], [
    "security",
    rig.sha256,
    "manufacturer",
  ]);
});

Deno.test("invariant 13: no byte of an image goes to a controller that is not verified, changed on the disk, or unknown", async () => {
  const { charx, open } = charxRig();
  await using rig = await open();
  const upload = async (sha256 = rig.sha256) => {
    const result = await rig.operations.uploadFirmware({ station, who, sha256 });
    return result.ok ? "ok" : result.rule ?? result.failure;
  };
  rig.isVerified = false;
  equal(await upload(), "device-image.unverified");
  rig.isVerified = true;
  rig.isUnchanged = false;
  equal(await upload(), "device-image.unverified");
  rig.isUnchanged = true;
  equal(await upload("00".repeat(32)), "device-image.unverified");
  deepEqual(rig.device.asked, [], "not even a login");
  // Changed between the vault's look and the Worker's: what goes out is what was hashed, or nothing.
  const path = `${rig.imagesDir}/${rig.sha256}`;
  await Deno.writeFile(path, rig.image.map((byte, at) => at === 9 ? byte ^ 1 : byte));
  equal(await upload(), "device-image.unverified");
  await Deno.remove(path);
  equal(await upload(), "device-image.unverified");
  deepEqual([charx.images, charx.installs], [[], []]);
});

for (
  const [what, path, fault, outcome] of [
    ["says no with 200 to the image", "/update2-upload-stream", "error-text", "rejected"],
    ["dies when it has the image", "/update2-upload-stream", "dies-after", "unknown"],
    ["says no with 200 to the installation", "/update2-install", "error-text", "rejected"],
    ["dies while it installs", "/update2-install", "dies-after", "unknown"],
    ["raves while it installs", "/update2-install", "raves", "unknown"],
  ] as const
) {
  Deno.test(`firmware: a controller that ${what}: ${outcome}`, async () => {
    const { open } = charxRig((pages) => faultyDevice(pages, fault, (request) => request.path.endsWith(path)));
    await using rig = await open();
    equal(said(await rig.operations.uploadFirmware({ station, who, sha256: rig.sha256 })), outcome);
    rig.isVerified = true;
    equal(said(await rig.operations.proveLogin({ station, who, role: "manufacturer" })), "ok", "nothing is stuck");
  });
}

Deno.test("firmware: it needs the account that may, and the least that may does it", async () => {
  const { charx } = charxRig();
  await using rig = await OperationRig.open({
    driver: "charx",
    pages: charx.pages,
    accounts: { operator: { password: "right-Pass1" } },
  });
  equal(said(await rig.operations.uploadFirmware({ station, who, sha256: rig.sha256 })), "no-account");
  equal(said(await rig.operations.reboot({ station, who })), "ok");
  equal(charx.restarts(), 1);
});

const bender = () =>
  new BenderPages({ passwords: { operator: "right", user: "right", manufacturer: "right" }, dialects: ["v1", "json"] });
const ALL = { user: { password: "right" }, operator: { password: "right" }, manufacturer: { password: "right" } };

Deno.test("settings: read by name in any case, written by the least account that may, and read again", async () => {
  const device = bender();
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: ALL });
  const read = await rig.operations.readSettings({ station, who, keys: ["operatorcurrentlimit_VEHICLEIF"] });
  deepEqual(read.ok && read.settings, [["OperatorCurrentLimit_vehicleif", "16"]]);
  const settings = [["OperatorCurrentLimit_vehicleif", "10"], ["LedBrightness_hmi", "50"]] as const;
  deepEqual(await rig.operations.writeSettings({ station, who, settings }), {
    ok: true,
    applied: ["OperatorCurrentLimit_vehicleif", "LedBrightness_hmi"],
    differs: [],
  });
  const record = rig.devices.audited.find(({ detail }) => detail?.["operation"] === "write")!;
  // The brightness is the installer's; the least of the site's accounts that may is the manufacturer's.
  deepEqual([record.detail?.["deviceRole"], record.detail?.["settings"]], [
    "manufacturer",
    "OperatorCurrentLimit_vehicleif LedBrightness_hmi",
  ]);
  equal(JSON.stringify(rig.devices.audited).includes('"50"'), false, "names, never values");
});

Deno.test("settings: half applied is told by name; a controller that says yes and did nothing has not", async () => {
  const device = bender();
  const half: SimPages = (request) => {
    if (request.method !== "POST" || !request.path.includes("settings")) return device.pages(request);
    const { params } = JSON.parse(request.body);
    return device.pages({ ...request, body: JSON.stringify({ params: params.slice(0, 1) }) });
  };
  await using rig = await OperationRig.open({ driver: "bender", pages: half, accounts: ALL });
  const settings = [["LedBrightness_hmi", "50"], ["OperatorCurrentLimit_vehicleif", "10"]] as const;
  deepEqual(await rig.operations.writeSettings({ station, who, settings }), {
    ok: true,
    applied: ["LedBrightness_hmi"],
    differs: ["OperatorCurrentLimit_vehicleif"],
  });
  const lies = faultyDevice(
    device.pages,
    "says-yes",
    ({ method, path }) => method === "POST" && path.includes("settings"),
  );
  await using two = await OperationRig.open({ driver: "bender", pages: lies, accounts: ALL });
  const result = await two.operations.writeSettings({ station, who, settings: [["LedBrightness_hmi", "7"]] });
  deepEqual(result.ok && result.differs, ["LedBrightness_hmi"]);
  const { ok: isGood } = await two.devices.command("device import", { station, file: "LedBrightness_hmi=7" });
  equal(isGood, false);
});

Deno.test("settings: what broke off is looked at: written counts as written", async () => {
  const device = bender();
  const dies = faultyDevice(
    device.pages,
    "dies-after",
    ({ method, path }) => method === "POST" && path.includes("settings"),
  );
  await using rig = await OperationRig.open({ driver: "bender", pages: dies, accounts: ALL });
  const result = await rig.operations.writeSettings({ station, who, settings: [["LedBrightness_hmi", "50"]] });
  deepEqual(result.ok && result.applied, ["LedBrightness_hmi"]);
});

const FILES: readonly [what: string, file: string, rule: string][] = [
  ["the laboratory's key", "SSHAccessUsb=On", "import.setting.dev"],
  ["what would lock the gateway out", '{"settings":{"WebUIEnabledLAN_tcpip":"off"}}', "import.setting.lockout"],
  ["the CSMS's address", "JsonOCPPBackendURL_tcpip=wss://elsewhere.example", "import.setting.lockout"],
  ["a password", "OperatorPwdPlain_custom=x", "import.setting.password"],
  ["a key twice", "LedBrightness_hmi=1\nledbrightness_HMI=2", "import.setting.repeated"],
  [
    "a key twice in a list",
    '{"params":[{"key":"LedBrightness_hmi","value":1},{"key":"LedBrightness","value":2}]}',
    "import.setting.repeated",
  ],
  ["nothing", "# only a remark\n", "import.setting.none"],
  [
    "too many",
    Array.from({ length: OPERATION_LIMITS.settings + 1 }, (_, at) => `K${at}_custom=1`).join("\n"),
    "import.setting.many",
  ],
];
for (const [what, file, rule] of FILES) {
  Deno.test(`import: a file with ${what} is refused by ${rule}, before the controller is asked`, async () => {
    const device = bender();
    await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: ALL });
    await rejects(
      rig.devices.command("device import", { station, file }),
      (error: { code: string; message: string }) =>
        error.code === "DEVICE_OPERATION_FAILED" && error.message.includes(rule),
    );
    deepEqual(rig.device.asked, []);
    deepEqual(rig.audited, [`write refused ${rule}`]);
  });
}

Deno.test("import: in a role that may not, it is refused; the export of one controller is the import of another", async () => {
  const device = bender();
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: ALL });
  await rejects(rig.devices.command("device import", { station, file: "NewItem_custom=1", role: "operator" }), {
    message: /import\.setting\.role/,
  });
  const { data } = await rig.devices.command("device download", { station, what: "configuration" });
  const file = await plainOf(rig, (data as { id: string }).id);
  device.settings.set("OperatorCurrentLimit_vehicleif", "6");
  // ChargePointID is the identity towards the CSMS, which a file must not change.
  const own = JSON.stringify({
    settings: { OperatorCurrentLimit_vehicleif: JSON.parse(file).settings.OperatorCurrentLimit_vehicleif },
  });
  const { text } = await rig.devices.command("device import", { station, file: own });
  match(text, /1 of 1 settings/);
  equal(device.settings.get("OperatorCurrentLimit_vehicleif"), "16");
});

Deno.test("operations: a file larger than may be is broken off, and nothing of it stays", async () => {
  const { open } = charxRig((pages) => (request) =>
    request.path.endsWith("/logs")
      ? { status: 200, headers: { "content-type": "application/zip" }, body: "x".repeat(100_000) }
      : pages(request)
  );
  await using rig = await open();
  const operate = rig.devices.operate;
  rig.devices.operate = ({ task, ...rest }) =>
    operate({ ...rest, task: "maxBytes" in task ? { ...task, maxBytes: 99_999 } : task });
  equal(said(await rig.operations.download({ station, who, what: "logs" })), "rejected");
  deepEqual([...Deno.readDirSync(`${rig.devices.folder}/device-files`)], []);
  rig.devices.operate = ({ task, ...rest }) =>
    operate({ ...rest, task: "maxBytes" in task ? { ...task, maxBytes: 100_000 } : task });
  equal(said(await rig.operations.download({ station, who, what: "logs" })), "ok");
});

Deno.test("commands: a station that charges or is updated is not restarted, nor given an image, unless a person knows better", async () => {
  const { charx, open } = charxRig();
  await using rig = await open();
  rig.devices.whyNotNow = "a transaction runs (1)";
  for (const [name, args] of [["device reboot", {}], ["device firmware", { image: rig.sha256 }]] as const) {
    await rejects(rig.devices.command(name, { station, ...args }), { message: /a transaction runs/ });
  }
  deepEqual(rig.device.asked, []);
  await rig.devices.command("device reboot", { station, force: true as never });
  equal(charx.restarts(), 1);
});

Deno.test("commands: a password by files, a proof, what fails says what to do", async () => {
  const { open } = charxRig();
  await using rig = await open();
  const args = { station, role: "operator", old: "right-Pass1\n", new: "Next-Pass3\n" };
  match((await rig.devices.command("device password", args)).text, /proven by a login/);
  await rejects(rig.devices.command("device prove", { station, role: "operator" }), {
    code: "DEVICE_OPERATION_FAILED",
    message: /refused/,
  });
  rig.devices.files.set("operator", "Next-Pass3");
  match((await rig.devices.command("device prove", { station, role: "operator" })).text, /is right/);
  await rejects(rig.devices.command("device prove", { station, role: "boss" }), { code: "CLI_USAGE" });
  await rejects(rig.devices.command("device password", { station, role: "operator" }), { code: "CLI_USAGE" });
  await rejects(rig.devices.command("device download", { station, what: "all" }), { code: "CLI_USAGE" });
  match(
    (await rig.devices.command("device capabilities", { station })).text,
    /by itself: prove, configuration, firmware, logs/,
  );
});

Deno.test("downloads: what a crash left without a record is removed; a station that is forgotten leaves no file", async () => {
  const { open } = charxRig();
  await using rig = await open();
  const folder = `${rig.devices.folder}/device-files`;
  const kept = await rig.operations.download({ station, who, what: "logs" });
  for (const name of ["0f0f", "0f0f.part"]) await Deno.writeTextFile(`${folder}/${name}`, "x");
  const again = await DeviceRig.open({ store: rig.devices.store, folder: rig.devices.folder });
  deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [kept.ok ? kept.download.file : ""]);
  await again.feature.forget(station);
  deepEqual([...Deno.readDirSync(folder)], []);
  equal((await again.command("device files", {})).text, "No file of a controller is kept.");
});

Deno.test("commands: a password that the vault has is changed there, not behind its back", async () => {
  const { charx, open } = charxRig();
  await using rig = await open();
  rig.devices.vault.set("CP001 operator", { state: "known", password: "right-Pass1" } as never);
  await rejects(
    rig.devices.command("device password", { station, role: "operator", old: "right-Pass1", new: "Next-Pass3" }),
    { message: /the vault has the secret/ },
  );
  deepEqual([rig.device.asked, charx.accounts.wrongTries], [[], 0]);
});
