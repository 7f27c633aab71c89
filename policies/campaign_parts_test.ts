import { deepEqual, equal } from "node:assert/strict";
import {
  inOrder,
  type PartKind,
  type PartTask,
  stepOfDownload,
  stepOfInstall,
  type UpdatingPart,
} from "./campaign_parts.ts";
import { UPDATE_PHASES, type UpdatePhase } from "./firmware_status.ts";

function part(station: string, changes: Partial<UpdatingPart> = {}): UpdatingPart {
  const usual = {
    kind: "single",
    way: "ocpp",
    canPreload: true,
    hasVersion: false,
    online: true,
    busy: false,
  } as const;
  return { station, ...usual, ...changes };
}

const task = (purpose: PartTask["purpose"], phase: UpdatePhase, more: Partial<PartTask> = {}) => ({
  task: { purpose, phase, ...more },
});
const loading = (phase: UpdatePhase, more: Partial<PartTask> = {}) => task("preload", phase, more);
const installing = (phase: UpdatePhase, more: Partial<PartTask> = {}) => task("install", phase, more);

Deno.test("campaign parts: who is reached through another goes first (BC-03)", () => {
  const kinds: PartKind[] = ["cabinet", "primary", "single", "secondary", "dispenser"];
  deepEqual(inOrder(kinds.map((kind) => ({ kind }))).map(({ kind }) => kind), kinds.toReversed());
});

Deno.test("campaign parts: parts of the same kind keep their order", () => {
  const two = [part("b", { kind: "dispenser" }), part("a", { kind: "dispenser" })];
  deepEqual(inOrder(two).map(({ station }) => station), ["b", "a"]);
});

Deno.test("campaign parts: what does not load ahead is loaded at once, so that the installation can begin", () => {
  deepEqual(stepOfDownload([part("a")], false), { step: "loaded" });
  deepEqual(stepOfDownload([part("a", { canPreload: false })], true), { step: "loaded" });
  deepEqual(stepOfDownload([part("a", { way: "guided" }), part("b", { way: "driver" })], true), { step: "loaded" });
  deepEqual(stepOfDownload([part("a", { hasVersion: true })], true), { step: "loaded" });
  deepEqual(stepOfDownload([], true), { step: "loaded" });
});

const LOADED: readonly UpdatePhase[] = ["downloaded", "installing", "installed"];
for (const phase of UPDATE_PHASES) {
  const wanted = phase === "failed" ? "failed" : LOADED.includes(phase) ? "loaded" : "wait";
  Deno.test(`campaign parts: a part that loads ahead and is ${phase}: ${wanted}`, () => {
    equal(stepOfDownload([part("a", loading(phase))], true).step, wanted);
  });
}

Deno.test("campaign parts: each part is told to load, and all are waited for", () => {
  const told = part("a", loading("asked"));
  deepEqual(stepOfDownload([told, part("b")], true), { step: "tell", station: "b", purpose: "preload" });
  equal(stepOfDownload([told, part("b", loading("downloaded"))], true).step, "wait");
  const mixed = [part("a", loading("downloaded")), part("b", { canPreload: false }), part("c", { way: "guided" })];
  equal(stepOfDownload(mixed, true).step, "loaded");
});

Deno.test("campaign parts: one that could not load fails the unit, with its reason", () => {
  const bad = part("a", loading("failed", { why: "it refused the signature of the image", isFinal: true }));
  deepEqual(stepOfDownload([part("b", loading("downloaded")), bad], true), {
    step: "failed",
    why: "a: it refused the signature of the image",
    isFinal: true,
  });
});

Deno.test("campaign parts: the secondary installs first, the primary when the secondary reports the version", () => {
  const pair = (secondary: Partial<UpdatingPart>, primary: Partial<UpdatingPart> = {}) => [
    part("P", { kind: "primary", ...primary }),
    part("S", { kind: "secondary", ...secondary }),
  ];
  deepEqual(stepOfInstall(pair({})), { step: "tell", station: "S", purpose: "install" });
  equal(stepOfInstall(pair(installing("asked"))).step, "wait");
  equal(stepOfInstall(pair(installing("installed"))).step, "wait", "its word is not enough");
  deepEqual(stepOfInstall(pair({ hasVersion: true })), { step: "tell", station: "P", purpose: "install" });
  equal(stepOfInstall(pair({ hasVersion: true }, installing("installing"))).step, "wait");
  equal(stepOfInstall(pair({ hasVersion: true }, { hasVersion: true })).step, "wait");
});

Deno.test("campaign parts: nothing is told while any part charges or is out of reach", () => {
  for (const state of [{ busy: true }, { online: false }]) {
    equal(stepOfInstall([part("a"), part("b", state)]).step, "wait");
    equal(stepOfInstall([part("a", state), part("b")]).step, "wait");
  }
});

Deno.test("campaign parts: a part that loaded ahead is still told to install", () => {
  deepEqual(stepOfInstall([part("a", loading("downloaded"))]), { step: "tell", station: "a", purpose: "install" });
});

Deno.test("campaign parts: a failure of the part whose turn it is fails the unit; one of a part that has the version does not", () => {
  const why = "it could not install the image";
  deepEqual(stepOfInstall([part("a", installing("failed", { why }))]), { step: "failed", why: `a: ${why}` });
  deepEqual(stepOfInstall([part("a", installing("failed"))]), { step: "failed", why: "a: it failed" });
  const over = part("a", { ...installing("failed", { why }), hasVersion: true });
  deepEqual(stepOfInstall([over, part("b")]), { step: "tell", station: "b", purpose: "install" });
});

Deno.test("campaign parts: a unit without parts waits for ever and harms nobody", () => {
  equal(stepOfInstall([]).step, "wait");
});
