import { type Cell, Paper, type PaperSigner } from "../papers/paper.ts";
import { OUTCOME_WORDS, type PostureReport, scoreWords, sortedLines } from "./report_data.ts";

const TONES = { failed: "bad", met: "good", unknown: "warn", waived: "warn" } as const;
const COLUMNS = [
  { head: "Line", share: 0.14 },
  { head: "Wants", share: 0.38 },
  { head: "Stands", share: 0.12 },
  { head: "Found", share: 0.36 },
];

/** A report as a signed PDF; its text, with the signature of the audit key, is inside. @throws GatewayError PAPER_TOO_LONG */
export async function reportPaper(
  report: PostureReport,
  signed: string,
  signer: PaperSigner,
  nonce: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { site, name = site, made, by } = report;
  const paper = await Paper.open({
    ...{ title: "Security posture", site: name, language: "en", now: Date.parse(made) },
    foot: `${site} · posture of ${made.slice(0, 16).replace("T", " ")} UTC`,
  });
  paper.facts([["Site", site], ["Made", `${made}, ${by}`], ["Score", scoreWords(report.score)]]);
  paper.paragraph("What is not proven is not counted as met.", { isMuted: true });
  paper.heading("What could not be checked");
  if (report.notChecked.length === 0) paper.paragraph("Nothing: every line was looked at.");
  else {
    paper.table(
      [{ head: "Of", share: 0.2 }, { head: "Line", share: 0.16 }, { head: "Why", share: 0.64 }],
      report.notChecked.map(({ subject, line, why }) => [subject, line, why]),
    );
  }
  for (const { subject, judged, score, read, lines = [] } of report.subjects) {
    paper.heading(subject === "gateway" ? "The gateway" : subject, 120);
    if (!judged || !score) paper.paragraph("Not judged yet.");
    else {
      paper.paragraph(`${scoreWords(score)}${read === undefined ? "" : `; its settings were read ${read}`}`, {
        isMuted: true,
      });
      paper.table(
        COLUMNS,
        sortedLines(lines).map(({ line, title = "", source, outcome, why }): readonly Cell[] => [
          ...[line, source === undefined ? title : `${title} (${source})`],
          { text: OUTCOME_WORDS[outcome], tone: TONES[outcome] },
          why,
        ]),
      );
    }
  }
  paper.heading("Guides");
  for (const { id, title } of report.guides) paper.paragraph(`${id}: ${title}`);
  return await paper.finish({ name: "posture-report.json", text: signed }, signer, nonce);
}
