import { deepEqual, equal, match, ok } from "node:assert/strict";
import { scoreWords, sortedLines } from "./report_data.ts";
import { reportHtml } from "./report_html.ts";
import { REPORT, SCORE } from "./testing/report.ts";

Deno.test("posture report: the worst lines come first, and the score is one line", () => {
  deepEqual(sortedLines(REPORT.subjects[0]!.lines!).map(({ line }) => line), ["A-2", "A-3", "A-4", "A-1"]);
  equal(scoreWords(SCORE), "50 %: 2 met, 1 not met, 1 not known, 0 waived");
});

Deno.test("posture report: HTML escapes all that was reported, and holds no script that runs", () => {
  const signed = JSON.stringify({ report: "</script><script>alert(2)</script>" });
  const html = reportHtml(REPORT, signed, { keyId: "abc" });
  equal(html.includes("<script>alert"), false);
  match(html, /Parkhaus &lt;Süd&gt;/);
  match(html, /&lt;script&gt;alert\(1\)/);
  match(html, /it&#39;s off/);
  match(html, /Guide &amp; &quot;notes&quot;/);
  match(html, /default-src 'none'/);
  match(html, /<h2>CP002<\/h2><p>Not judged yet/);
  match(html, /<h2>The gateway<\/h2>/);
  const inside = /id="signed-report">(.*)<\/script>/.exec(html)![1]!;
  deepEqual(JSON.parse(inside), JSON.parse(signed), "what was signed comes out as it went in");
});

Deno.test("posture report: the print stylesheet repeats heads, cuts no row and begins a page for each subject", () => {
  const html = reportHtml(REPORT, "{}", { keyId: "abc" });
  for (
    const rule of [
      "size: A4",
      "table-header-group",
      "tr { break-inside: avoid }",
      "section.subject { break-before: page }",
    ]
  ) {
    ok(html.includes(rule), rule);
  }
  equal((html.match(/<thead>/g) ?? []).length, 3);
  equal((html.match(/<section class="subject">/g) ?? []).length, 4);
});

Deno.test("posture report: nothing that was not checked is said, too", () => {
  match(reportHtml({ ...REPORT, notChecked: [] }, "{}", { keyId: "k" }), /Nothing: every line was looked at/);
});
