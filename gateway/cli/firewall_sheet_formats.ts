import type { SheetRow } from "./firewall_sheet_rows.ts";

/** A row with what came of trying it. */
export interface TestedRow extends SheetRow {
  /** "reachable", or why not; absent: it was not tried. */
  readonly tested?: string;
}

/** Column heads, in order. */
export const SHEET_HEAD = ["direction", "source", "destination", "protocol", "port", "purpose", "tested"] as const;

/** The cells of a row as text. */
export function sheetCells(row: TestedRow): readonly string[] {
  const { direction, source, destination, protocol, port, lastPort, purpose, tested } = row;
  const ports = lastPort === undefined ? String(port) : `${port}-${lastPort}`;
  return [direction, source, destination, protocol, ports, purpose, tested ?? "not tried"];
}

/** CSV (RFC 4180). A cell that a spreadsheet would take for a formula is kept as text. */
export function sheetCsv(rows: readonly TestedRow[]): string {
  const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const lines = [SHEET_HEAD, ...rows.map(sheetCells)].map((cells) => cells.map(cell).join(","));
  return lines.map((line) => `${line}\r\n`).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);

/** One page to send: no script, no font or picture from anywhere. */
export function sheetHtml(rows: readonly TestedRow[], site: { readonly name: string; readonly at: string }): string {
  const line = (tag: "td" | "th", cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  const name = escaped(site.name);
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Firewall change request: ${name}</title><style>`,
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24}table{border-collapse:collapse;width:100%}",
    "th,td{border-bottom:1px solid #c8cfd6;padding:.4rem .6rem;text-align:left;vertical-align:top}th{background:#eef1f4}",
    "td:nth-child(5){text-align:right}@media print{body{margin:0}}</style></head><body>",
    `<h1>Firewall change request: ${name}</h1>`,
    `<p>Made by Bulkhead on ${escaped(site.at)} from site.yaml. Everything not listed stays closed.</p>`,
    "<p>Charging stations are in no row: they reach this gateway only and need no way out.</p>",
    `<table><thead>${line("th", SHEET_HEAD)}</thead><tbody>`,
    ...rows.map((row) => line("td", sheetCells(row))),
    "</tbody></table></body></html>",
    "",
  ].join("\n");
}
