import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import type { AuditEvent } from "../core/control_api.ts";
import { seededRandom } from "../demo/seeded_random.ts";
import { PaperRig } from "../papers/testing/paper_rig.ts";
import { verifyPdf } from "../papers/verify_pdf.ts";
import { postureCommands } from "./commands.ts";
import { Guides } from "./guides.ts";
import { reportPaper } from "./report_paper.ts";
import { REPORT, SCORE } from "./testing/report.ts";

Deno.test("posture report: the paper of a site with many lines verifies", async () => {
  await using rig = await PaperRig.open();
  const lines = Array.from(
    { length: 120 },
    (_, at) => ({ line: `L-${at}`, outcome: "failed" as const, why: "w".repeat(90) }),
  );
  const many = { ...REPORT, subjects: [{ subject: "CP001", judged: true, score: SCORE, lines }], notChecked: [] };
  for (const report of [REPORT, many]) {
    const pdf = await reportPaper(report, "{}", await rig.signer().signer(), "a1b2c3d4e5f60718");
    equal(verifyPdf(pdf, rig.ca.pem).signer, "Bulkhead papers garage-12");
  }
});

const FINDING = { line: "S-PORT", outcome: "unknown", why: "nobody looks" } as const;

Deno.test("posture report: json, html and pdf say the same; the pdf verifies and an altered one does not", async () => {
  await using rig = await PaperRig.open();
  const audited: AuditEvent[] = [];
  const score = { met: 0, failed: 0, unknown: 1, waived: 0, percent: 0 };
  const commands = postureCommands({
    context: {
      audit: { record: (event) => Promise.resolve({ sequence: audited.push(event) }) },
      site: { site: { id: "lab" } } as never,
      ...{ clock: rig.time, random: seededRandom(4) },
    },
    guides: new Guides([]),
    book: { trend: () => [] } as never,
    engine: {
      siteScore: () => score,
      subjects: () => ["CP001"],
      standing: (subject: string) => ({ subject, score, findings: [FINDING] }),
    } as never,
    sign: () => Promise.resolve({ keyId: "key", signature: "c2lnbmVk" }),
    papers: rig.signer(),
    fixOf: () => undefined,
    onRun: () => {},
  });
  const report = async (format?: string) =>
    (await commands["posture report"]!(format === undefined ? {} : { format }, "eva")).data as Record<string, string>;
  const json = await report();
  deepEqual(JSON.parse(json["report"]!).notChecked, [{ subject: "CP001", line: "S-PORT", why: "nobody looks" }]);
  const html = await report("html");
  equal(html["name"], "posture-lab-2026-11-21.html");
  match(html["text"]!, /<td>CP001<\/td><td>S-PORT<\/td><td>nobody looks<\/td>/);
  const inside = JSON.parse(/id="signed-report">(.*)<\/script>/.exec(html["text"]!)![1]!);
  deepEqual(inside, json, "what was signed stands in the page as it is in the JSON");
  const { base64 = "", name } = await report("pdf");
  equal(name, "posture-lab-2026-11-21.pdf");
  const pdf = Uint8Array.fromBase64(base64);
  verifyPdf(pdf, rig.ca.pem);
  pdf[pdf.length - 9]! ^= 1;
  throws(() => verifyPdf(pdf, rig.ca.pem), { code: "PAPER_SIGNATURE_INVALID" });
  deepEqual(audited.map(({ detail }) => detail!["format"]), ["json", "html", "pdf"]);
  await rejects(report("docx"), { code: "CLI_USAGE", message: /none of json/ });
});
