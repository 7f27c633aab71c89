import { type ModbusLineRow, type ModbusRefusal, type ModbusState, readModbusLines } from "../api/modbus.ts";
import { Card, Empty, Notice, PageHead, State, Table, type Tone } from "../components/parts.tsx";
import { Ago } from "../components/time.tsx";
import type { Visit } from "../context.ts";
import { defineTexts } from "../i18n/language.ts";
import type { Page } from "./page.ts";

/** Texts about Modbus lines. */
export const MODBUS_LINES = defineTexts("modbus-lines", {
  title: "Modbus lines",
  lead: "Each line has one owner and one request at a time; clients have their turns by weight.",
  lines: "Lines",
  noLines: "No line yet",
  noLinesDo: "Write lines, units and listeners under modbus in site.yaml, then reload.",
  line: "Line",
  state: "State",
  load: "Busy",
  waiting: "Waiting",
  latency: "Answer, half / 99 %",
  served: "Answered",
  memory: "{count} from memory",
  failed: "Failed",
  errors: "On the line",
  clients: "Clients",
  noClients: "Nobody has asked for anything yet",
  client: "Client",
  rate: "Per minute",
  refused: "Refused",
  refusals: "Last refusals",
  noRefusals: "Nothing was refused",
  when: "When",
  what: "What",
  rule: "Rule",
  unit: "Unit {unit}, function code {code}",
  trial: "tried out, relayed",
  silent: "Devices that do not answer any more: {devices}",
  "state.down": "Down",
  "state.foreign": "Another client",
  "state.listening": "Listening",
  "state.rest": "At rest",
  "state.work": "At work",
}, {
  title: "Modbus-Leitungen",
  lead: "Jede Leitung hat einen Besitzer und eine Anfrage zur Zeit; Clients kommen nach ihrem Gewicht an die Reihe.",
  lines: "Leitungen",
  noLines: "Noch keine Leitung",
  noLinesDo: "Schreiben Sie Leitungen, Einheiten und Zugänge in site.yaml unter modbus und laden Sie neu.",
  line: "Leitung",
  state: "Zustand",
  load: "Belegt",
  waiting: "Wartend",
  latency: "Antwort, Hälfte / 99 %",
  served: "Beantwortet",
  memory: "{count} aus dem Speicher",
  failed: "Gescheitert",
  errors: "Auf der Leitung",
  clients: "Clients",
  noClients: "Noch niemand hat etwas gefragt",
  client: "Client",
  rate: "Pro Minute",
  refused: "Abgelehnt",
  refusals: "Letzte Ablehnungen",
  noRefusals: "Nichts wurde abgelehnt",
  when: "Wann",
  what: "Was",
  rule: "Regel",
  unit: "Einheit {unit}, Funktionscode {code}",
  trial: "erprobt, weitergegeben",
  silent: "Geräte, die nicht mehr antworten: {devices}",
  "state.down": "Ausgefallen",
  "state.foreign": "Fremder Client",
  "state.listening": "Horcht",
  "state.rest": "In Ruhe",
  "state.work": "Bei der Arbeit",
});

/** How every line is used, by whom, and what was refused. */
export const modbusLines: Page = {
  path: "/modbus",
  title: { en: "Modbus lines", de: "Modbus-Leitungen" },
  nav: { group: "energy", icon: "energy" },
  needs: readModbusLines.needs,
  show: async (visit) => {
    const t = MODBUS_LINES.in(visit.language);
    const state = await readModbusLines.call(visit.person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          {state.silent.length > 0 && <Notice tone="warn">{t("silent", { devices: state.silent.join(", ") })}</Notice>}
          <Card title={t("lines")} flush>
            <Lines visit={visit} lines={state.lines} />
          </Card>
          <Card title={t("clients")} flush>
            <Clients visit={visit} state={state} />
          </Card>
          <Card title={t("refusals")} flush>
            <Refusals visit={visit} refusals={state.refusals} />
          </Card>
        </div>
      ),
    };
  },
};

function Lines({ visit, lines }: { visit: Visit; lines: readonly ModbusLineRow[] }) {
  const t = MODBUS_LINES.in(visit.language);
  return (
    <Table
      caption={t("lines")}
      rows={lines}
      empty={<Empty icon="energy" title={t("noLines")}>{t("noLinesDo")}</Empty>}
      columns={[
        {
          head: t("line"),
          cell: ({ id, place }) => (
            <>
              <strong>{id}</strong>
              <div class="small muted">{place}</div>
            </>
          ),
        },
        { head: t("state"), cell: (line) => <LineState visit={visit} line={line} /> },
        { head: t("load"), tight: true, cell: ({ utilisation }) => `${Math.round(utilisation * 100)} %` },
        { head: t("waiting"), tight: true, cell: ({ queued }) => queued },
        { head: t("latency"), cell: ({ latencyMs: { p50, p99 } }) => `${p50} / ${p99} ms` },
        {
          head: t("served"),
          cell: ({ outcomes }) => (
            <>
              {sum(outcomes, SERVED)}
              {(outcomes["cached"] ?? 0) > 0 && (
                <div class="small muted">{t("memory", { count: outcomes["cached"]! })}</div>
              )}
            </>
          ),
        },
        { head: t("failed"), tight: true, cell: ({ outcomes }) => sum(outcomes, FAILED) },
        { head: t("errors"), cell: ({ notes }) => <span class="small" lang="en">{words(notes)}</span> },
      ]}
    />
  );
}

function LineState({ visit, line: { state, down } }: { visit: Visit; line: ModbusLineRow }) {
  const t = MODBUS_LINES.in(visit.language);
  const [tone, key] = toneOf(state, down !== undefined);
  return (
    <>
      <State tone={tone}>{t(key)}</State>
      {down !== undefined && <div class="small" lang="en">{down}</div>}
    </>
  );
}

function Clients({ visit, state: { clients, perMinute } }: { visit: Visit; state: ModbusState }) {
  const t = MODBUS_LINES.in(visit.language);
  const rows = Object.entries(clients).toSorted(([, a], [, b]) => sum(b, SERVED) - sum(a, SERVED));
  return (
    <Table
      caption={t("clients")}
      rows={rows}
      empty={<Empty icon="plug" title={t("noClients")} />}
      columns={[
        { head: t("client"), cell: ([name]) => <strong>{name}</strong> },
        { head: t("rate"), tight: true, cell: ([name]) => shortRate(perMinute[name] ?? 0) },
        { head: t("served"), tight: true, cell: ([, outcomes]) => sum(outcomes, SERVED) },
        { head: t("refused"), tight: true, cell: ([, outcomes]) => sum(outcomes, ["refused", "malformed"]) },
        { head: t("failed"), tight: true, cell: ([, outcomes]) => sum(outcomes, FAILED) },
      ]}
    />
  );
}

function Refusals({ visit, refusals }: { visit: Visit; refusals: readonly ModbusRefusal[] }) {
  const t = MODBUS_LINES.in(visit.language);
  return (
    <Table
      caption={t("refusals")}
      rows={refusals}
      empty={<Empty icon="check" title={t("noRefusals")} />}
      columns={[
        { head: t("when"), tight: true, cell: ({ at }) => <Ago at={at} style={visit.time} /> },
        {
          head: t("client"),
          cell: ({ client, role }) => (
            <>
              <strong>{client}</strong>
              <div class="small muted">{role}</div>
            </>
          ),
        },
        {
          head: t("what"),
          cell: ({ unit, function: code, points }) => (
            <>
              <code>{points || "—"}</code>
              <div class="small muted">{t("unit", { unit, code })}</div>
            </>
          ),
        },
        {
          head: t("rule"),
          cell: ({ rule, reason, isTrial }) => (
            <>
              <code>{rule}</code>
              {isTrial && <State tone="info">{t("trial")}</State>}
              <div class="small" lang="en">{reason}</div>
            </>
          ),
        },
      ]}
    />
  );
}

const SERVED = ["answered", "cached", "exception"];
const FAILED = ["busy", "no-answer", "no-path"];

type StateKey = "state.down" | "state.foreign" | "state.listening" | "state.rest" | "state.work";

/** The states of a line's session as people see them. */
export function toneOf(state: string, isDown: boolean): readonly [Tone, StateKey] {
  if (isDown) return ["bad", "state.down"];
  if (state === "foreign") return ["bad", "state.foreign"];
  if (state === "listening" || state === "opening") return ["info", "state.listening"];
  return state === "closed" || state === "resting" ? ["good", "state.rest"] : ["good", "state.work"];
}

/** One digit after the point is for those that ask rarely. */
function shortRate(perMinute: number): number {
  return perMinute < 10 ? perMinute : Math.round(perMinute);
}

function sum(outcomes: Readonly<Record<string, number>>, names: readonly string[]): number {
  return names.reduce((total, name) => total + (outcomes[name] ?? 0), 0);
}

function words(notes: Readonly<Record<string, number>>): string {
  return Object.entries(notes).map(([kind, count]) => `${kind} ${count}`).join(", ") || "—";
}
