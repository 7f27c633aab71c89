import { deepEqual, equal } from "node:assert/strict";
import type { DeviceOperations, OperationFailure, OperationResult } from "../../../core/device_operations_api.ts";
import { controllerPages } from "./controller_pages.ts";

const failed = (failure: OperationFailure): OperationResult => ({ ok: false, failure, why: "because" });
const pagesOf = (operations: Partial<DeviceOperations> | undefined, hasPages = true) =>
  controllerPages(() => operations as DeviceOperations | undefined, () => hasPages);

Deno.test("campaigns: a driver brings an image where it can, to stations that have pages", () => {
  const can = (list: readonly string[], hasPages = true) =>
    pagesOf({ capabilities: () => ({ can: list }) as never }, hasPages).canUpload("a");
  deepEqual([can(["firmware"]), can(["logs"]), can(["firmware"], false), pagesOf(undefined).canUpload("a")], [
    true,
    false,
    false,
    false,
  ]);
});

const ENDS: readonly [failure: OperationFailure, isFinal: boolean][] = [
  ["away", false],
  ["busy", false],
  ["no-account", true],
  ["pin", false],
  ["refused", false],
  ["rejected", false],
  ["rule", true],
  ["spent", false],
  ["unknown", false],
  ["unsupported", true],
];
for (const [failure, isFinal] of ENDS) {
  Deno.test(`campaigns: an upload that failed as ${failure} is ${isFinal ? "not" : ""} tried again`, async () => {
    const outcome = await pagesOf({ uploadFirmware: () => Promise.resolve(failed(failure)) }).upload(
      "a",
      "00",
      "campaign:1",
    );
    deepEqual(outcome, { ok: false, why: `${failure}: because`, ...isFinal ? { isFinal: true } : {} });
  });
}

Deno.test("campaigns: an upload is asked for in the campaign's name; before the gateway has started there is none", async () => {
  const asked: unknown[] = [];
  const uploadFirmware: DeviceOperations["uploadFirmware"] = (ask) => Promise.resolve((asked.push(ask), { ok: true }));
  deepEqual(await pagesOf({ uploadFirmware }).upload("a", "00", "campaign:1"), { ok: true });
  deepEqual(asked, [{ station: "a", sha256: "00", who: "campaign:1" }]);
  equal((await pagesOf(undefined).upload("a", "00", "campaign:1")).ok, false);
});

const PROOFS: readonly [what: string, of: Partial<Record<string, OperationFailure | "ok">>, outcome: string][] = [
  ["all accounts come in", { operator: "ok", manufacturer: "ok" }, "proven"],
  ["one comes in, the others are none of the site's", { operator: "ok" }, "proven"],
  ["one is refused: the update reset it", { operator: "ok", manufacturer: "refused" }, "refused"],
  ["one cannot be asked", { operator: "ok", manufacturer: "away" }, "unknown"],
  ["there is none", {}, "unknown"],
];
for (const [what, of, outcome] of PROOFS) {
  Deno.test(`campaigns: credentials after an update: ${what}: ${outcome}`, async () => {
    const proveLogin: DeviceOperations["proveLogin"] = ({ role }) => {
      const end = of[role] ?? "no-account";
      return Promise.resolve(end === "ok" ? { ok: true } : failed(end) as never);
    };
    equal(await pagesOf({ proveLogin }).proveCredentials("a"), outcome);
  });
}

Deno.test("campaigns: without pages nobody can tell about credentials", async () => {
  equal(await pagesOf({ proveLogin: () => Promise.resolve({ ok: true }) }, false).proveCredentials("a"), "unknown");
});

Deno.test("campaigns: a driver reads versions where it can; what it cannot say now is no version", async () => {
  const can = (list: readonly string[], hasPages = true) =>
    pagesOf({ capabilities: () => ({ can: list }) as never }, hasPages).canReadVersion("a");
  deepEqual([can(["version"]), can(["firmware"]), can(["version"], false), pagesOf(undefined).canReadVersion("a")], [
    ...[true, false, false, false],
  ]);
  const asked: unknown[] = [];
  const reads = pagesOf({ readVersion: (ask) => Promise.resolve((asked.push(ask), { ok: true, version: "5.1" })) });
  equal(await reads.readVersion("a", "campaign:1"), "5.1");
  deepEqual(asked, [{ station: "a", who: "campaign:1" }]);
  equal(
    await pagesOf({ readVersion: () => Promise.resolve(failed("away") as never) }).readVersion("a", "x"),
    undefined,
  );
  equal(await pagesOf(undefined).readVersion("a", "x"), undefined);
});

Deno.test("campaigns: the step of a person is that of the controller's page, or the maker's way where there is none", () => {
  const own = { en: "own step", de: "eigener Schritt" };
  const withStep = (hasPages: boolean) =>
    pagesOf({ capabilities: () => ({ can: [], steps: { firmware: own } }) as never }, hasPages).step("a");
  deepEqual(withStep(true), own);
  equal(withStep(false).en.includes("USB stick"), true);
  equal(pagesOf(undefined).step("a").de.includes("firmware export"), true);
});
