import { acknowledgeEscrow, type EscrowStanding, makeEscrow } from "../../api/secrets.ts";
import { Field, Form, Submit } from "../../components/form.tsx";
import { Card, Notice, Table } from "../../components/parts.tsx";
import { Ago, writeAgo } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { SECRETS } from "./texts.ts";

/** Copies of the secrets off this box: which is kept, which waits, and what people do about it. */
export function EscrowCard({ visit, escrow }: { visit: Visit; escrow: EscrowStanding }) {
  const t = SECRETS.in(visit.language), { person, token } = visit;
  return (
    <Card title={t("escrow")} lead={t("escrowLead")}>
      <Standing visit={visit} escrow={escrow} />
      {escrow.open.length > 0 && (
        <Table
          caption={t("escrowOpen")}
          rows={escrow.open}
          columns={[
            { head: t("escrowOpen"), cell: ({ sha256 }) => <span class="mono small">{sha256.slice(0, 16)}</span> },
            { head: t("made"), cell: ({ at }) => <Ago at={at} style={visit.time} /> },
            { head: t("person"), cell: ({ by }) => by },
          ]}
        />
      )}
      {person.may(makeEscrow.needs) && escrow.impediment === undefined && (
        <Form action="/secrets/escrow" token={token}>
          <Submit kind="quiet">{t("escrowMake")}</Submit>
        </Form>
      )}
      {person.may(acknowledgeEscrow.needs) && escrow.open.length > 0 && (
        <Form action="/secrets/escrow-ack" token={token}>
          <Field name="hash" label={t("escrowHash")} mono scope="escrow" required maxlength={80} />
          <Submit>{t("escrowAck")}</Submit>
        </Form>
      )}
    </Card>
  );
}

function Standing({ visit, escrow: { isWaived, impediment, acked, isDelivered } }: {
  visit: Visit;
  escrow: EscrowStanding;
}) {
  const t = SECRETS.in(visit.language);
  if (isWaived) return <Notice tone="warn">{t("escrowWaived")}</Notice>;
  if (impediment !== undefined) {
    return (
      <Notice tone="bad">
        <span lang="en">{impediment}</span>
      </Notice>
    );
  }
  const when = acked && writeAgo(new Date(acked.ackedAt), visit.time);
  return (
    <Notice tone={acked ? "good" : "warn"}>
      {acked ? t("escrowKept", { by: acked.ackedBy, when: when ?? "" }) : t("escrowNone")}{" "}
      {isDelivered ? t("escrowDelivered") : t("escrowByHand")}
    </Notice>
  );
}
