import { OUTCOME_WORDS, type PostureReport, type ReportLine, scoreWords, sortedLines } from "./report_data.ts";

/** A4, no scripts, nothing from elsewhere; on paper a table's head comes again on each page and no row is cut. */
const STYLE = `
:root { color-scheme: light; --ink: #16232a; --muted: #5b6a72; --line: #c9d2d6 }
body { font: 14px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.7rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem } .muted { color: var(--muted) }
table { width: 100%; border-collapse: collapse } caption { text-align: left; position: absolute; clip-path: inset(50%) }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem .3rem 0; border-bottom: 1px solid var(--line) }
.failed { color: #a3262a; font-weight: 600 } .met { color: #1b6e4b } .unknown, .waived { color: #8a5a00 }
footer { margin-top: 2rem; font-size: .75rem; overflow-wrap: anywhere }
@page { size: A4; margin: 16mm 14mm 18mm }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 9pt }
  thead { display: table-header-group } tr { break-inside: avoid } h2 { break-after: avoid }
  section.subject { break-before: page }
}`;

/** A report as one HTML page for browsers and printers, with the signed text inside. */
export function reportHtml(report: PostureReport, signed: string, signature: { readonly keyId: string }): string {
  const { site, name = site, made, by, score, notChecked, subjects, guides } = report;
  const title = `Security posture, ${name}`;
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title><style>${STYLE}</style></head><body>
<h1>Security posture</h1>
<p class="muted">${escape(name)} (${escape(site)}), made ${escape(made)} by ${escape(by)}</p>
<p><strong>${escape(scoreWords(score))}</strong>. What is not proven is not counted as met.</p>
<h2>What could not be checked</h2>
${
    notChecked.length === 0 ? "<p>Nothing: every line was looked at.</p>" : table(
      "What could not be checked",
      ["Of", "Line", "Why"],
      notChecked.map((row) => [row.subject, row.line, row.why]),
    )
  }
${subjects.map(subjectHtml).join("\n")}
<section class="subject"><h2>Guides</h2><ul>${
    guides.map(({ id, title: of }) => `<li>${escape(id)}: ${escape(of)}</li>`).join("")
  }</ul></section>
<footer class="muted">Signed with the audit key ${escape(signature.keyId)}; the signed text is in this file.</footer>
<script type="application/json" id="signed-report">${signed.replaceAll("<", "\\u003c")}</script>
</body></html>
`;
}

function subjectHtml({ subject, judged, score, read, lines = [] }: PostureReport["subjects"][number]): string {
  const title = subject === "gateway" ? "The gateway" : subject;
  if (!judged || !score) return `<section class="subject"><h2>${escape(title)}</h2><p>Not judged yet.</p></section>`;
  const seen = read === undefined ? "" : `; its settings were read ${read}`;
  return `<section class="subject"><h2>${escape(title)}</h2><p class="muted">${escape(scoreWords(score) + seen)}</p>
${rawTable(title, ["Line", "Wants", "Stands", "Found"], sortedLines(lines).map(lineHtml))}</section>`;
}

function lineHtml({ line, title = "", source, outcome, why }: ReportLine): readonly string[] {
  const from = source === undefined ? "" : ` <span class="muted">(${escape(source)})</span>`;
  const stands = `<span class="${outcome}">${OUTCOME_WORDS[outcome]}</span>`;
  return [escape(line), escape(title) + from, stands, escape(why)];
}

const table = (caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  rawTable(caption, heads, rows.map((row) => row.map(escape)));

function rawTable(caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text) => `<th scope="col">${escape(text)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n");
  return `<table><caption>${
    escape(caption)
  }</caption><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);
