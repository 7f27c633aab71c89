import { equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, verify } from "node:crypto";
import type { World } from "../../gateway/demo/demo_world.ts";
import { REPORT_PREFIX } from "../../gateway/posture/posture_report.ts";
import { powerOnAll, withWorld } from "../support/gateway_process.ts";

interface Shown {
  readonly findings: readonly { readonly line: string; readonly outcome: string; readonly why: string }[];
}

async function lineOf(world: World, command: string, subject: string, line: string) {
  const { data } = await world.gateway.command(command, { subject, all: true });
  return (data as unknown as Shown).findings.find((finding) => finding.line === line);
}

Deno.test("product: posture: stations of 1.6 and 2.0.1 are asked, waivers and looks outlive kill -9, the report's signature holds", () =>
  withWorld(async (world) => {
    await powerOnAll(world);
    for (const { spec: { id, securityProfile } } of world.stations) {
      const tls = await lineOf(world, "posture run", id, "OCPP-02");
      equal(tls?.outcome, securityProfile >= 2 ? "met" : "failed", `${id}: ${tls?.why}`);
      const offline = await lineOf(world, "posture show", id, "OCPP-06");
      ok(offline && !/not been asked|not connected|refused/.test(offline.why), `${id}: ${offline?.why}`);
    }
    const { id } = world.stations.find(({ spec }) => spec.securityProfile === 1)!.spec;
    const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    await world.gateway.command("posture waive", { subject: id, line: "OCPP-02", reason: "meter swap in May", until });
    await world.gateway.command("posture confirm", { subject: id, line: "UK-5", note: "seal whole" });
    await world.gateway.kill();
    await world.startGateway();
    match((await lineOf(world, "posture show", id, "OCPP-02"))!.why, /answers for it: meter swap in May/);
    equal((await lineOf(world, "posture show", id, "UK-5"))!.outcome, "met");
    const { data } = await world.gateway.command("posture report");
    const { report, signature } = data as { report: string; signature: string };
    const key = createPublicKey(await Deno.readTextFile(`${world.site.dataDir}/audit/audit-public.pem`));
    ok(verify(null, Buffer.from(REPORT_PREFIX + report), key, Buffer.from(signature, "base64")));
    equal(
      verify(null, Buffer.from(REPORT_PREFIX + report.replace("waived", "met")), key, Buffer.from(signature, "base64")),
      false,
    );
  }));
