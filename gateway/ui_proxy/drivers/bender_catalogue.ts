import { Parser } from "htmlparser2";
import { UI_PROXY_LIMITS } from "../limits.ts";
import type { LearnedSetting } from "../../core/device_link_api.ts";

/** Columns of the maker's table of OCPP keys, by how its head begins. */
const COLUMNS: readonly (readonly [head: RegExp, column: "access" | "key" | "range" | "reboot" | "scope" | "type"])[] =
  [
    [/^key name/i, "key"],
    [/scope$/i, "scope"],
    [/^reboot/i, "reboot"],
    [/^accessib/i, "access"],
    [/^type/i, "type"],
    [/^range/i, "range"],
  ];
/** A setting's name as the maker writes it; anything else in a table is prose. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{1,63}$/;

/** The rows of every table of a page, cells as plain text. */
function tablesOf(html: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] | undefined, cell: string | undefined;
  const closeCell = () => {
    if (cell !== undefined) row?.push(cell.replace(/\s+/g, " ").trim().slice(0, UI_PROXY_LIMITS.learnedChars));
    cell = undefined;
  };
  const closeRow = () => {
    closeCell();
    if (row && row.length > 0) rows.push(row);
    row = undefined;
  };
  const parser = new Parser({
    onopentag: (tag) => {
      if (tag === "tr") (closeRow(), row = []);
      if (tag === "td" || tag === "th") (closeCell(), cell = "");
    },
    ontext: (text) => void (cell = cell === undefined ? undefined : cell + text),
    onclosetag: (tag) => {
      if (tag === "td" || tag === "th") closeCell();
      if (tag === "tr" || tag === "table") closeRow();
    },
  });
  parser.end(html);
  closeRow();
  return rows;
}

/** The settings that `/doc/doc_1` of a device lists, in its order; none when the page is another one. */
export function readKeyTable(html: string): readonly LearnedSetting[] {
  const rows = tablesOf(html);
  const head = rows.findIndex((cells) => cells.some((cell) => /^key name/i.test(cell)));
  if (head < 0) return [];
  const place = new Map(
    COLUMNS.map(([pattern, column]) => [column, rows[head]!.findIndex((cell) => pattern.test(cell))]),
  );
  const found = new Map<string, LearnedSetting>();
  for (const cells of rows.slice(head + 1)) {
    const at = (column: typeof COLUMNS[number][1]) => cells[place.get(column) ?? -1] ?? "";
    const key = at("key");
    if (!NAME.test(key) || found.has(key) || found.size >= UI_PROXY_LIMITS.learnedSettings) continue;
    found.set(key, {
      key,
      access: at("access"),
      type: at("type"),
      range: at("range"),
      scope: at("scope"),
      reboot: /^(?:yes|ja|true|x)$/i.test(at("reboot")),
    });
  }
  return [...found.values()];
}

/** The items that `/doc/doc_2` names, in its order: words of the form `Key_module`. */
export function readItemList(html: string): readonly string[] {
  const names = new Set<string>();
  const parser = new Parser({
    ontext: (text) => {
      for (const [name] of text.matchAll(/\b[A-Za-z][A-Za-z0-9]{1,47}_[a-z0-9_]{2,15}\b/g)) {
        if (names.size < UI_PROXY_LIMITS.learnedSettings) names.add(name);
      }
    },
  });
  parser.end(html);
  return [...names];
}
