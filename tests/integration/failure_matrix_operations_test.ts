import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { Socket } from "node:net";
import { OperationRig } from "../../gateway/control/devices/testing/operation_rig.ts";
import { StorageError, UpstreamError } from "../../gateway/core/errors.ts";
import { charxPages } from "../../gateway/demo/controllers/charx.ts";
import type { SimPages } from "../../gateway/demo/controllers/simulated_device.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { DRIVERS } from "../../gateway/ui_proxy/drivers/mod.ts";
import { createOldTlsHelper } from "../../gateway/ui_proxy/upstream/mod.ts";
import type { OldTlsHelper } from "../../gateway/ui_proxy/upstream/old_tls_helper.ts";
import { reachTcp } from "../../gateway/uplink/reach_tcp.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import type { Store } from "../../gateway/store/store.ts";
import { ManualTime } from "../support/manual_time.ts";

const ASK = { station: "CP001", who: "mia" } as const;
const ACCOUNTS = { operator: { password: "right-Pass1" }, manufacturer: { password: "right-Pass2" } };

/** A controller that knows its logs and a restart, and what can be taken from the gateway beside it. */
async function withOperations(
  test: (site: {
    readonly rig: OperationRig;
    readonly charx: ReturnType<typeof charxPages>;
    readonly disk: { isFull: boolean };
    /** Names in the folder of controllers' files. */
    readonly files: () => readonly string[];
  }) => Promise<void>,
): Promise<void> {
  const time = new ManualTime(), disk = { isFull: false };
  const inner = await openStore({ path: ":memory:", clock: time, timers: time });
  const store: Store = Object.assign(Object.create(inner), {
    get: inner.get.bind(inner),
    list: inner.list.bind(inner),
    close: inner.close.bind(inner),
    commit: (...args: Parameters<Store["commit"]>) =>
      disk.isFull ? Promise.reject(new StorageError("STORE_FAILED", "no space left")) : inner.commit(...args),
  });
  const charx = charxPages({ operator: "right-Pass1", manufacturer: "right-Pass2" });
  await using rig = await OperationRig.open({ driver: "charx", pages: charx.pages, accounts: ACCOUNTS }, store);
  const files = () => [...Deno.readDirSync(`${rig.devices.folder}/device-files`)].map(({ name }) => name);
  await test({ rig, charx, disk, files });
}

/** The Worker ends after the controller has had the task, before it could answer. */
function endingWorker(rig: OperationRig): { readonly restarted: () => void } {
  const { operate } = rig.devices;
  rig.devices.operate = async (args) => {
    await operate(args);
    throw new UpstreamError("RPC_PEER_GONE", "the Worker ended");
  };
  return { restarted: () => void (rig.devices.operate = operate) };
}

Deno.test("failure matrix: operations: the Worker that reaches controllers / an operation that is under way: closed: one that changes something ends as unknown and is not sent again, one that reads as away", () =>
  withOperations(async ({ rig, charx }) => {
    endingWorker(rig);
    const reboot = await rig.operations.reboot(ASK);
    equal(!reboot.ok && reboot.failure, "unknown");
    equal(charx.restarts(), 1);
    const logs = await rig.operations.download({ ...ASK, what: "logs" });
    equal(!logs.ok && logs.failure, "away");
    deepEqual(rig.audited, ["reboot failed device-operation.unknown", "logs failed device-operation.away"]);
  }));

Deno.test("failure matrix: operations: the Worker that reaches controllers / new ones: closed: away, with what is missing; no login is spent", () =>
  withOperations(async ({ rig, charx }) => {
    rig.devices.workers = [];
    const result = await rig.operations.reboot(ASK);
    equal(!result.ok && result.failure, "away");
    match(!result.ok ? result.why : "", /No Worker reaches controllers/);
    deepEqual([rig.device.asked, charx.restarts(), charx.accounts.wrongTries], [[], 0, 0]);
  }));

Deno.test("failure matrix: operations: the Worker that reaches controllers / back in service: by itself with the next operation", () =>
  withOperations(async ({ rig, charx }) => {
    const worker = endingWorker(rig);
    await rig.operations.download({ ...ASK, what: "logs" });
    rig.devices.workers = [];
    await rig.operations.download({ ...ASK, what: "logs" });
    worker.restarted();
    rig.devices.workers = ["ui_proxy"];
    const result = await rig.operations.download({ ...ASK, what: "logs" });
    deepEqual([result.ok, charx.accounts.wrongTries], [true, 0]);
  }));

Deno.test("failure matrix: operations: control's disk / an operation that is under way: closed: what the controller gave is told as not kept, and no file without a key stays", () =>
  withOperations(async ({ rig, disk, files }) => {
    const { operate } = rig.devices;
    rig.devices.operate = async (args) => {
      const result = await operate(args);
      equal(files().length, 1, "the Worker has sealed it");
      disk.isFull = true;
      return result;
    };
    await rejects(rig.operations.download({ ...ASK, what: "logs" }), { code: "STORE_FAILED" });
    deepEqual([files(), rig.devices.feature.downloads.all()], [[], []]);
  }));

Deno.test("failure matrix: operations: control's disk / new ones: closed: away, before a login is made", () =>
  withOperations(async ({ rig, charx, disk, files }) => {
    disk.isFull = true;
    const result = await rig.operations.reboot(ASK);
    deepEqual(result, { ok: false, failure: "away", why: "no space left" });
    deepEqual([charx.restarts(), files()], [0, []]);
    deepEqual(rig.device.asked.filter((line) => !line.startsWith("GET ")), [], "no login was sent");
  }));

Deno.test("failure matrix: operations: control's disk / back in service: by itself with the next operation", () =>
  withOperations(async ({ rig, charx, disk, files }) => {
    disk.isFull = true;
    await rig.operations.download({ ...ASK, what: "logs" });
    disk.isFull = false;
    const result = await rig.operations.download({ ...ASK, what: "logs" });
    deepEqual([result.ok, files().length, charx.accounts.wrongTries], [true, 1, 0]);
  }));

/** The controller behind hald's helper for old TLS, which can be away, or be cut while the controller has a request. */
async function withHelper(
  test: (site: {
    readonly rig: OperationRig;
    readonly charx: ReturnType<typeof charxPages>;
    readonly hald: { isAway: boolean; cutsAt?: RegExp };
  }) => Promise<void>,
): Promise<void> {
  const charx = charxPages({ operator: "right-Pass1", manufacturer: "right-Pass2" }), sockets: Socket[] = [];
  const hald: { isAway: boolean; cutsAt?: RegExp } = { isAway: false };
  const pages: SimPages = (request) => {
    const answer = charx.pages(request);
    if (hald.cutsAt?.test(request.path)) { for (const socket of sockets.splice(0)) socket.destroy(); }
    return answer;
  };
  await using rig = await OperationRig.open({ driver: "charx", pages, accounts: ACCOUNTS });
  const gone = createOldTlsHelper("/nowhere/hal.sock");
  const oldTls: OldTlsHelper = {
    open: async (host, port, ...rest) => {
      if (hald.isAway) return await gone.open(host, port, ...rest);
      const socket = await reachTcp({ host, port }, systemTimers);
      sockets.push(socket);
      return socket;
    },
  };
  const origin = rig.device.origin.replace("http:", "https:"), driver = DRIVERS.get("charx")!;
  rig.devices.operate = (args) => {
    const target = { station: args.station, driver, origins: [origin] as const, oldTls };
    return rig.operator.operate(target, { id: args.session, deviceRole: args.role }, args.task);
  };
  await test({ rig, charx, hald });
}

Deno.test("failure matrix: operations: hald, for a controller with old TLS / an operation that is under way: closed for this controller: one that changes something ends as unknown and is not sent again, one that reads as away", () =>
  withHelper(async ({ rig, charx, hald }) => {
    hald.cutsAt = /download\/logs/;
    const logs = await rig.operations.download({ ...ASK, what: "logs" });
    equal(!logs.ok && logs.failure, "away");
    hald.cutsAt = /update2-install/;
    const sent = await rig.operations.uploadFirmware({ ...ASK, sha256: rig.sha256 });
    equal(!sent.ok && sent.failure, "unknown");
    equal(charx.installs.length, 1);
  }));

Deno.test("failure matrix: operations: hald, for a controller with old TLS / new ones: closed for this controller: away, and no login is spent; other controllers are open", () =>
  withHelper(async ({ rig, charx, hald }) => {
    hald.isAway = true;
    const result = await rig.operations.reboot(ASK);
    equal(!result.ok && result.failure, "away");
    deepEqual([rig.device.asked, charx.restarts(), charx.accounts.wrongTries], [[], 0, 0]);
    await withOperations(async (other) => equal((await other.rig.operations.reboot(ASK)).ok, true));
  }));

Deno.test("failure matrix: operations: hald, for a controller with old TLS / back in service: by itself with the next operation", () =>
  withHelper(async ({ rig, charx, hald }) => {
    hald.isAway = true;
    await rig.operations.download({ ...ASK, what: "logs" });
    hald.isAway = false;
    const result = await rig.operations.download({ ...ASK, what: "logs" });
    deepEqual([result.ok, charx.accounts.wrongTries], [true, 0]);
  }));
