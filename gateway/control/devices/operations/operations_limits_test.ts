import { deepEqual, equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { makeTestCertificate } from "../../../../tests/support/test_ca.ts";
import { waitFor } from "../../../../tests/support/wait_for.ts";
import type { OperationResult } from "../../../core/device_operations_api.ts";
import { BenderPages } from "../../../demo/controllers/bender.ts";
import { charxPages } from "../../../demo/controllers/charx.ts";
import type { SimPages } from "../../../demo/controllers/simulated_device.ts";
import { UI_PROXY_LIMITS } from "../../../ui_proxy/limits.ts";
import { OperationRig } from "../testing/operation_rig.ts";
import { OPERATION_LIMITS } from "./limits.ts";

const said = (result: OperationResult): string => result.ok ? "ok" : result.failure;
const who = "mia", station = "CP001";
const ACCOUNTS = { operator: { password: "right-Pass1" }, manufacturer: { password: "right-Pass2" } };
const charx = () => charxPages({ operator: "right-Pass1", manufacturer: "right-Pass2" });

Deno.test("files: one that is longer than a piece is handed out in pieces, from any byte", async () => {
  const device = charx(), size = OPERATION_LIMITS.pieceBytes;
  const content = "0123456789".repeat((size + 10) / 10 | 0);
  const pages: SimPages = (request) =>
    request.path.endsWith("/logs")
      ? { status: 200, headers: { "content-type": "application/zip" }, body: content }
      : device.pages(request);
  await using rig = await OperationRig.open({ driver: "charx", pages, accounts: ACCOUNTS });
  const { data } = await rig.devices.command("device download", { station, what: "logs" });
  const { id } = data as { id: string };
  const pieceFrom = async (from: number) => {
    const answer = await rig.devices.command("device file", { id, from: String(from) });
    return Buffer.from((answer.data as { piece: string }).piece, "base64").toString();
  };
  equal((await pieceFrom(0)).length, size);
  equal(await pieceFrom(size), content.slice(size));
  equal(await pieceFrom(size - 1), content.slice(size - 1));
  equal(await pieceFrom(content.length), "");
});

Deno.test("files: a log that does not end is ended by the number of requests", async () => {
  let pages = 0;
  const device: SimPages = ({ path }) => {
    if (path === "/api/log") return { status: 200, body: `${++pages}_line` };
    return path === "/api/login" ? { status: 200, body: "{}" } : { status: 200 };
  };
  await using rig = await OperationRig.open({
    driver: "alfen",
    pages: device,
    accounts: { installer: { password: "x" } },
  });
  equal(said(await rig.operations.download({ station, who, what: "logs" })), "strange");
  equal(pages, UI_PROXY_LIMITS.operationRequests);
  deepEqual([...Deno.readDirSync(`${rig.devices.folder}/device-files`)], []);
});

Deno.test("firmware: a controller that writes its flash first has ten minutes for the answer, and no more", async () => {
  const device = charx();
  const silent: SimPages = (request) =>
    request.path.endsWith("update2-upload-stream") ? { status: 200, hangs: true } : device.pages(request);
  await using slow = await OperationRig.open({ driver: "charx", pages: silent, accounts: ACCOUNTS });
  const upload = slow.operations.uploadFirmware({ station, who, sha256: slow.sha256 });
  let end = "";
  upload.then((result) => end = said(result));
  await waitFor("the image to be there", () => slow.device.asked.at(-1)?.includes("update2-upload-stream") === true);
  slow.devices.time.advance(UI_PROXY_LIMITS.deviceSilenceMs + 1);
  equal(end, "", "a page would have been given up");
  await waitFor("the end", () => {
    slow.devices.time.advance(UI_PROXY_LIMITS.firmwareAnswerMs);
    return end !== "";
  });
  equal(end, "unknown");
});

Deno.test("audit: names of settings and reasons have their bounds", async () => {
  const device = new BenderPages({ passwords: { operator: "right", manufacturer: "right" }, dialects: ["json"] });
  await using rig = await OperationRig.open({
    driver: "bender",
    pages: device.pages,
    accounts: { manufacturer: { password: "right" } },
  });
  const settings = Array.from({ length: OPERATION_LIMITS.settings }, (_, at) => [`Key${at}_custom`, "1"] as const);
  equal(said(await rig.operations.writeSettings({ station, who, settings })), "ok");
  const written = rig.devices.audited.find(({ detail }) => detail?.["operation"] === "write")!;
  equal(String(written.detail!["settings"]).length, OPERATION_LIMITS.namesChars);
  const result = await rig.operations.writeSettings({ station, who, settings: [...settings, ["One_more", "1"]] });
  equal(result.ok ? "" : result.rule, "import.setting.many");
});

Deno.test("BC-10: the gateway's own visits go to nobody else than the approved certificate", async () => {
  const { keyPem, certPem, fingerprint } = makeTestCertificate({ subject: [["CN", "CP001"]], purposes: null });
  const device = charx();
  await using rig = await OperationRig.open({
    driver: "charx",
    pages: device.pages,
    accounts: ACCOUNTS,
    listen: { certificate: { keyPem, certPem } },
  });
  const result = await rig.operations.proveLogin({ station, who, role: "operator" });
  equal(said(result), "pin");
  deepEqual(rig.device.asked, [], "no byte of HTTP");
  match(rig.devices.alarms.join(), /device\.pin\.waiting CP001/);
  await rig.devices.command("station pin approve", { station, fingerprint });
  equal(said(await rig.operations.proveLogin({ station, who, role: "operator" })), "ok");
});
