import { type CardRow, removeCard } from "../../api/secrets.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { SECRETS } from "./texts.ts";

/** The register of reset cards: who has which, where. */
export function Cards({ visit, rows }: { visit: Visit; rows: readonly CardRow[] }) {
  const t = SECRETS.in(visit.language), mayRemove = visit.person.may(removeCard.needs);
  return (
    <Card title={t("cards")} lead={t("cardsLead")} flush>
      <Table
        caption={t("cards")}
        rows={rows}
        empty={<Empty icon="key" title={t("cardsNone")}>{t("cardsNoneDo")}</Empty>}
        columns={[
          { head: t("card"), cell: ({ id }) => <span class="mono">{id}</span> },
          { head: t("unit"), cell: ({ subject }) => subject },
          { head: t("custodian"), cell: ({ custodian }) => custodian },
          { head: t("place"), cell: ({ place }) => place },
          { head: t("cardAdded"), cell: ({ at }) => <Time at={at} style={visit.time} dateOnly /> },
          ...mayRemove
            ? [{
              head: t("acts"),
              cell: ({ id }: CardRow) => (
                <Form action={`/secrets/cards/${id}/remove`} token={visit.token}>
                  <Submit kind="danger" small>{t("cardRemove")}</Submit>
                </Form>
              ),
            }]
            : [],
        ]}
      />
    </Card>
  );
}

/** Registers a card. */
export function CardForm({ visit }: { visit: Visit }) {
  const t = SECRETS.in(visit.language);
  return (
    <Disclosure summary={t("cardAdd")}>
      <Form action="/secrets/cards" token={visit.token}>
        <Field name="unit" label={t("unit")} scope="card" required maxlength={48} />
        <Field
          name="card"
          label={t("cardId")}
          scope="card"
          mono
          required
          maxlength={80}
          autocomplete="off"
        />
        <Field name="custodian" label={t("custodian")} scope="card" required maxlength={200} />
        <Field name="place" label={t("place")} scope="card" required maxlength={200} />
        <Submit>{t("cardAdd")}</Submit>
      </Form>
    </Disclosure>
  );
}
