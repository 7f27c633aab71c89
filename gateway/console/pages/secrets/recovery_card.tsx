import { SECRET_SLOTS } from "../../../../policies/secret_schedule.ts";
import type { RecoveryRow } from "../../api/secrets.ts";
import { Card, Empty, State, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { SECRETS } from "./texts.ts";

/** The ways into each controller whose password is lost, several at once (BC-08); those without any first. */
export function RecoveryCard({ visit, rows }: { visit: Visit; rows: readonly RecoveryRow[] }) {
  const t = SECRETS.in(visit.language);
  const barren = rows.filter(({ options }) => options.length === 0),
    others = rows.filter((row) => !barren.includes(row));
  return (
    <Card title={t("recovery")} lead={t("recoveryLead")} flush>
      <Table
        caption={t("recovery")}
        rows={[...barren, ...others]}
        empty={<Empty icon="key" title={t("recoveryNone")}>{t("recoveryNoneDo")}</Empty>}
        columns={[
          { head: t("controller"), cell: ({ station }) => <strong>{station}</strong> },
          { head: t("ways"), cell: (row) => <Ways visit={visit} row={row} /> },
        ]}
      />
    </Card>
  );
}

function Ways({ visit, row: { options } }: { visit: Visit; row: RecoveryRow }) {
  const t = SECRETS.in(visit.language);
  if (options.length === 0) return <State tone="bad">{t("recoveryNo")}</State>;
  return (
    <>
      {options.map(({ kind, of, at }) => {
        const slot = SECRET_SLOTS.find((each) => each === of);
        return (
          <div class="small">
            {t(`way.${kind}`)}
            {of && (slot ? `: ${t(`slot.${slot}`)}` : <span class="mono">{` ${of}`}</span>)}{" "}
            <span class="muted">
              <Time at={at} style={visit.time} dateOnly />
            </span>
          </div>
        );
      })}
    </>
  );
}
