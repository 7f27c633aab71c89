import type { SegmentationView } from "../../api/segmentation.ts";
import { State, Table } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { FLOWS } from "./texts.ts";

type Flow = SegmentationView["flows"][number];

/** Zones against zones: how many flows lead from one to the other, and whether anything uses them. */
export function FlowMatrix({ visit, view }: { visit: Visit; view: SegmentationView }) {
  const t = FLOWS.in(visit.language);
  const places = ["box", ...view.zones.map(({ id }) => id)];
  const name = (place: string) => place === "box" ? t("box") : place;
  const isShared = (place: string) =>
    view.zones.some(({ id, role, isolation }) => id === place && role === "ot" && isolation === "shared");
  return (
    <Table
      caption={t("matrix")}
      rows={places}
      columns={[
        { head: `${t("from")} ↓ ${t("to")} →`, cell: (from) => <strong>{name(from)}</strong> },
        ...places.map((to) => ({
          head: name(to),
          cell: (from: string) =>
            from === to && isShared(from) ? <Shared visit={visit} /> : (
              <Cell
                visit={visit}
                flows={view.flows.filter((flow) => flow.fromZone === from && flow.toZone === to)}
              />
            ),
        })),
      ]}
    />
  );
}

function Shared({ visit }: { visit: Visit }) {
  const t = FLOWS.in(visit.language);
  return (
    <>
      <State tone="warn">{t("shared")}</State>
      <div class="small muted">{t("sharedLead")}</div>
    </>
  );
}

function Cell({ visit, flows }: { visit: Visit; flows: readonly Flow[] }) {
  if (flows.length === 0) return <span class="muted">–</span>;
  const packets = flows.reduce((sum, flow) => sum + flow.packets, 0);
  return (
    <>
      <span class="number">{flows.length}</span>
      <div class="small muted">{FLOWS.in(visit.language)("packets")}: {packets}</div>
    </>
  );
}

/** Flows as a table; those of a plan have no packets yet. */
export function FlowTable(
  { visit, rows }: { visit: Visit; rows: readonly (Omit<Flow, "packets"> & { packets?: number })[] },
) {
  const t = FLOWS.in(visit.language);
  return (
    <Table
      caption={t("flows")}
      rows={rows}
      columns={[
        { head: t("from"), cell: ({ from }) => <span class="mono">{from}</span> },
        { head: t("to"), cell: ({ to }) => <span class="mono">{to}</span> },
        { head: t("what"), tight: true, cell: ({ what }) => <span class="mono">{what}</span> },
        { head: t("packets"), cell: ({ packets }) => <span class="number">{packets ?? "–"}</span> },
        {
          head: t("because"),
          cell: ({ because, id }) => (
            <>
              {because}
              <div class="small muted">{id}</div>
            </>
          ),
        },
      ]}
    />
  );
}
