import type { StationView } from "./model.ts";

/** One attack as the demo shows it. */
export interface AttackLine {
  readonly title: string;
  readonly refused: boolean;
  readonly seen: string;
  /** The rule of the gateway that refused, from its audit; absent while the record is not there. */
  readonly rule?: string;
}

/** All that the terminal shows. */
export interface TableModel {
  readonly header: readonly string[];
  readonly stations: readonly StationView[];
  /** Newest last. */
  readonly attacks: readonly AttackLine[];
  readonly attackCount: number;
  readonly refusedCount: number;
  readonly footer: string;
}

const COLUMNS = ["station", "protocol", "profile", "state", "kWh", "sessions", "through gateway", "last message"];

/** The live table as lines; pure, so that it can be tested without a terminal. Lines are cut at `width` characters. */
export function renderTable(model: TableModel, width: number): readonly string[] {
  const rows = [COLUMNS, ...model.stations.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
  return [
    ...model.header,
    "",
    ...lines,
    "",
    `Attacks: ${model.attackCount}, refused: ${model.refusedCount}`,
    ...model.attacks.map(attackText),
    "",
    model.footer,
  ].map((line) => line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line);
}

/** One attack as a line of text. */
export function attackText({ title, refused, seen, rule }: AttackLine): string {
  const by = rule === undefined ? "" : ` by rule ${rule}`;
  return `  ${refused ? "refused" : "NOT REFUSED"}  ${title}: ${seen}${by}`;
}

/** What changed of a station since the last line about it, as a line of text; undefined when nothing worth a line did. */
export function changeText(before: StationView | undefined, now: StationView): string | undefined {
  const same = before && before.state === now.state && before.sessions === now.sessions && before.faults === now.faults;
  if (same || (!before && now.state === "offline")) return undefined;
  const [, protocol, profile, state, energy, sessions] = cells(now);
  return `${now.id}  ${protocol}  profile ${profile}  ${state}  ${energy} kWh  ${sessions} sessions  ${now.lastMessage}`
    .trimEnd();
}

function cells(view: StationView): string[] {
  return [
    view.id,
    view.protocol.replace("ocpp", "OCPP "),
    String(view.securityProfile),
    view.faults > 0 ? `${view.state} (${view.faults} faults)` : view.state,
    (view.deliveredWh / 1_000).toFixed(2),
    String(view.sessions),
    view.state === "offline" || view.state === "connecting" ? "no" : "yes",
    view.lastMessage,
  ];
}
