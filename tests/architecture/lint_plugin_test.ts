import assert from "node:assert/strict";
import plugin from "./lint_plugin.ts";
import { FUNCTION_LINES } from "./lint_rules/function_size.ts";

/** One rule on one snippet: what stands in the file at `path`, and which rules must report how often. */
interface Case {
  readonly name: string;
  readonly path: string;
  readonly source: string;
  readonly reports: readonly string[];
}

const lines = (count: number): string => `function long() {\n${"  work();\n".repeat(count - 2)}}\n`;

// deno-fmt-ignore
const CASES: readonly Case[] = [
  { name: "policies may not use globals", path: "policies/a.ts", source: "f(Date, fetch);", reports: ["pure-policies", "pure-policies"] },
  { name: "policies may have a field named like a global", path: "policies/a.ts", source: "f(facts.process, { process: 1 });", reports: [] },
  { name: "policies may not use Math.random", path: "policies/a.ts", source: "f(Math.random());", reports: ["injected-time", "pure-policies"] },
  { name: "policies may not import packages", path: "policies/a.ts", source: 'import { z } from "zod";', reports: ["pure-policies"] },
  { name: "policies may import each other", path: "policies/ocpp/a.ts", source: 'import { d } from "../decision.ts";', reports: [] },
  { name: "tests of policies are free", path: "policies/a_test.ts", source: "f(Date);", reports: [] },
  { name: "a Worker may not exit", path: "gateway/ocpp/service.ts", source: "Deno.exit(1);", reports: ["owned-apis"] },
  { name: "a Worker may not exit by a computed name", path: "gateway/ocpp/service.ts", source: 'Deno["exit"](1);', reports: ["owned-apis"] },
  { name: "a Worker may not close itself", path: "gateway/ocpp/worker.ts", source: "self.close();", reports: ["owned-apis"] },
  { name: "main may exit", path: "main.ts", source: "Deno.exit(1);", reports: [] },
  { name: "exposed ports use node:", path: "main.ts", source: "Deno.serve(h); Deno.upgradeWebSocket(r); Deno.listenTls(o);", reports: ["owned-apis", "owned-apis", "owned-apis"] },
  { name: "tests may serve as a peer", path: "tests/support/fake_csms.ts", source: "Deno.serve(h);", reports: [] },
  { name: "only the store opens KV", path: "gateway/control/audit.ts", source: "Deno.openKv(p);", reports: ["owned-apis"] },
  { name: "the store opens KV", path: "gateway/store/kv_store.ts", source: "Deno.openKv(p);", reports: [] },
  { name: "only hal starts programs", path: "gateway/pki/a.ts", source: "new Deno.Command(p); Deno.dlopen(l, {});", reports: ["owned-apis", "owned-apis"] },
  { name: "only hal starts programs, also by node:", path: "gateway/pki/a.ts", source: 'import { spawn } from "node:child_process";', reports: ["owned-apis"] },
  { name: "hal starts programs", path: "hal/linux_tpm.ts", source: "new Deno.Command(p);", reports: [] },
  { name: "time is a parameter", path: "gateway/pki/a.ts", source: "f(Date.now(), new Date(), performance.now());", reports: ["injected-time", "injected-time", "injected-time"] },
  { name: "a given time may become a Date", path: "gateway/pki/a.ts", source: "f(new Date(now));", reports: [] },
  { name: "timers are a parameter", path: "hal/a.ts", source: 'import { setTimeout as s } from "node:timers/promises"; setTimeout(f, 1);', reports: ["injected-time", "injected-time"] },
  { name: "the clock reads the clock", path: "gateway/core/clock.ts", source: "f(Date.now());", reports: [] },
  { name: "tests never sleep", path: "gateway/pki/a_test.ts", source: "await new Promise((r) => setTimeout(r, 5));", reports: ["injected-time"] },
  { name: "no empty catch", path: "gateway/pki/a.ts", source: "try { f(); } catch { /* so what */ }", reports: ["no-empty-catch"] },
  { name: "no empty catch in tests", path: "gateway/pki/a_test.ts", source: "try { f(); } catch (error) {}", reports: ["no-empty-catch"] },
  { name: "a catch that answers", path: "gateway/pki/a.ts", source: "try { f(); } catch { return undefined; }", reports: [] },
  { name: "no silent promise catch", path: "gateway/pki/a.ts", source: "p.catch(() => {});", reports: ["no-empty-catch"] },
  { name: "a promise catch with its reason", path: "gateway/pki/a.ts", source: "p.catch(() => {}); // observed by ready", reports: [] },
  { name: "no ignored test", path: "gateway/a_test.ts", source: 'Deno.test({ name: "a", ignore: true, fn() {} });', reports: ["no-skipped-tests"] },
  { name: "no test ignored by a condition", path: "gateway/a_test.ts", source: 'Deno.test("a", { ignore: !isRoot }, () => {});', reports: ["no-skipped-tests"] },
  { name: "no ignored step", path: "gateway/a_test.ts", source: 't.step({ name: "a", ignore: true, fn() {} });', reports: ["no-skipped-tests"] },
  { name: "no Deno.test.ignore or only", path: "gateway/a_test.ts", source: "Deno.test.ignore(n, f); Deno.test.only(n, f);", reports: ["no-skipped-tests", "no-skipped-tests"] },
  { name: "ignore is a word like others elsewhere", path: "gateway/dhcp/a.ts", source: 'f({ unknown: "ignore", ignore: true });', reports: [] },
  { name: "sealed bytes do not stand bare in the store", path: "gateway/a/b.ts", source: 'f(await sealer.seal(b, c), await this.context.sealer.seal(b, c), await this.#sealer["seal"](b, c));', reports: ["sealed-values", "sealed-values", "sealed-values"] },
  { name: "a box with a key of its own seals what it likes", path: "gateway/a/b.ts", source: "f(await box.seal(b, c), await sealer.unseal(b, c));", reports: [] },
  { name: "the sealer's own file seals", path: "gateway/store/sealer.ts", source: "f(await sealer.seal(b, c));", reports: [] },
  { name: "TLS does not dial itself", path: "gateway/a/b.ts", source: 'import { connect as c } from "node:tls"; c({ host, port }); c(443, host); c(options);', reports: ["tls-over-tcp", "tls-over-tcp", "tls-over-tcp"] },
  { name: "TLS does not dial itself, also by the whole module", path: "gateway/a/b.ts", source: 'import tls from "node:tls"; import * as all from "node:tls"; tls.connect({ port }); all.connect({ port, [socket]: s });', reports: ["tls-over-tcp", "tls-over-tcp"] },
  { name: "TLS begins over a socket", path: "gateway/a/b.ts", source: 'import { connect } from "node:tls"; connect({ socket, host }); connect({ ...{ socket: tcp }, ca });', reports: [] },
  { name: "a connect of TCP dials", path: "gateway/a/b.ts", source: 'import { connect } from "node:net"; import { createServer } from "node:tls"; connect({ port });', reports: [] },
  { name: "a function at the limit", path: "gateway/a.ts", source: lines(FUNCTION_LINES.hard), reports: [] },
  { name: "a function one past the limit", path: "gateway/a.ts", source: lines(FUNCTION_LINES.hard + 1), reports: ["function-size"] },
];

for (const { name, path, source, reports } of CASES) {
  Deno.test(`lint plugin: ${name}`, () => {
    const found = Deno.lint.runPlugin(plugin, path, source).map(({ id }) => id.replace("bulkhead/", ""));
    assert.deepEqual(found.sort(), [...reports].sort());
  });
}

Deno.test("lint plugin: every rule is reported by at least one case", () => {
  const covered = new Set(CASES.flatMap(({ reports }) => reports));
  assert.deepEqual(Object.keys(plugin.rules).filter((rule) => !covered.has(rule)), []);
});
