import assert from "node:assert/strict";
import { importGraph } from "./import_graph.ts";
import { type Import, judgeImport } from "./layer_rules.ts";
import { isTestPath, sourceFiles } from "./tree.ts";

const judge = (from: string, to: string): string | undefined => judgeImport({ from, to });

Deno.test("layers: every import of the product points where DESIGN section 3 allows", async () => {
  const product = sourceFiles(".ts", ".tsx").map(({ path }) => path).filter((path) => !isTestPath(path));
  const imports = await importGraph(product);
  const faults = imports.map(judgeImport).filter((fault) => fault !== undefined);
  assert.deepEqual(faults, []);
});

Deno.test("layers: the graph sees type imports, packages and files nobody imports", async () => {
  const imports = await importGraph(["gateway/core/rpc.ts", "gateway/core/metrics.ts"]);
  const has = (wanted: Import) => imports.some(({ from, to }) => from === wanted.from && to.startsWith(wanted.to));
  assert.ok(has({ from: "gateway/core/rpc.ts", to: "gateway/core/clock.ts" }));
  assert.ok(has({ from: "gateway/core/metrics.ts", to: "npm:" }));
});

const REFUSED: readonly [string, string][] = [
  ["policies/ocpp.ts", "gateway/core/errors.ts"],
  ["policies/ocpp.ts", "npm:zod@4.0.0"],
  ["policies/ocpp.ts", "node:crypto"],
  ["hal/linux_tpm.ts", "gateway/config/schema.ts"],
  ["hal/linux_tpm.ts", "policies/decision.ts"],
  ["gateway/core/rpc.ts", "gateway/control/contract.ts"],
  ["gateway/config/schema.ts", "gateway/ocpp/service.ts"],
  ["gateway/ocpp/service.ts", "gateway/modbus/codec.ts"],
  ["gateway/ocpp/service.ts", "gateway/store/store.ts"],
  ["gateway/ocpp/codec.ts", "gateway/ocpp/service.ts"],
  ["gateway/ocpp/codec.ts", "gateway/pki/verify_peer.ts"],
  ["gateway/ocpp/codec.ts", "node:net"],
  ["gateway/ocpp/session.ts", "policies/ocpp.ts"],
  ["gateway/ocpp/session_calls.ts", "gateway/inventory/stations.ts"],
  ["gateway/console/pages.tsx", "gateway/ocpp/service.ts"],
  ["gateway/console/pages.tsx", "gateway/store/store.ts"],
  ["gateway/control/worker.ts", "gateway/ocpp/service.ts"],
  ["gateway/pki/site_ca.ts", "gateway/ocpp/codec.ts"],
  ["gateway/courier/worker.ts", "gateway/store/store.ts"],
  ["gateway/demo/csms.ts", "tests/support/wait_for.ts"],
  ["gateway/pki/site_ca.ts", "gateway/pki/testing/ca.ts"],
  ["gateway/pki/site_ca.ts", "jsr:@std/assert"],
  ["gateway/nowhere/a.ts", "gateway/core/errors.ts"],
];

const ALLOWED: readonly [string, string][] = [
  ["main.ts", "gateway/ocpp/mod.ts"],
  ["policies/ocpp.ts", "policies/decision.ts"],
  ["hal/linux_tpm.ts", "gateway/core/errors.ts"],
  ["hal/linux_tpm.ts", "node:fs"],
  ["gateway/config/schema.ts", "gateway/ocpp/config.ts"],
  ["gateway/ocpp/service.ts", "gateway/ocpp/session.ts"],
  ["gateway/ocpp/session.ts", "gateway/ocpp/codec.ts"],
  ["gateway/ocpp/codec.ts", "gateway/core/errors.ts"],
  ["gateway/control/worker.ts", "gateway/pki/site_ca.ts"],
  ["gateway/pki/site_ca.ts", "gateway/control/contract.ts"],
  ["tests/integration/a_test.ts", "gateway/ocpp/service.ts"],
  ["gateway/ocpp/codec_test.ts", "gateway/modbus/codec.ts"],
];

Deno.test("layers: the table refuses what it should", () => {
  assert.deepEqual(REFUSED.filter(([from, to]) => judge(from, to) === undefined), []);
});

Deno.test("layers: the table allows what it should", () => {
  assert.deepEqual(ALLOWED.map(([from, to]) => judge(from, to)).filter((fault) => fault !== undefined), []);
});
