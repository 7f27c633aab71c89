/** One cell of a table. */
export type CsvCell = string | number | boolean | null;

/**
 * Rows as CSV (RFC 4180), with a head. A text that a spreadsheet would take for a formula gets an apostrophe in front, also behind what parts cells in other
 * languages: in many of them a spreadsheet cuts this file at semicolons, whatever stands in quotes.
 */
export function toCsv(head: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [head, ...rows].map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: CsvCell): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const safe = value.replace(/^(?=[\t\r\n])|(?<=^|[;\t\r\n])(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g, "'");
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
