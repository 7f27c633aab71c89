import type { AccessGrant } from "../../../../policies/access_types.ts";
import { removeGrant } from "../../api/access.ts";
import { Disclosure, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, State, Table } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { capabilityWord, describeStations, describeWhen, describeWho, deviceRoleWord } from "./grant_words.ts";
import { ACCESS } from "./texts.ts";

/** Every grant with what it allows and why. */
export async function GrantTable({ visit }: { visit: Visit }) {
  const t = ACCESS.in(visit.language);
  const { language } = visit;
  const rows = await visit.person.ask("people.grant.list", {});
  const mayRemove = visit.person.may(removeGrant.needs);
  const remove = ({ id }: AccessGrant) => (
    <Disclosure summary={t("remove")} small kind="danger">
      <Form action={`/access/grants/${encodeURIComponent(id)}/remove`} token={visit.token}>
        <Submit kind="danger" small>{t("remove")}</Submit>
      </Form>
    </Disclosure>
  );
  return (
    <Card title={t("grants")} lead={t("grantsLead")} flush>
      <Table
        caption={t("grants")}
        rows={rows}
        empty={<Empty icon="key" title={t("noGrants")}>{t("noGrantsDo")}</Empty>}
        columns={[
          {
            head: t("who"),
            cell: ({ who, because }) => (
              <>
                {describeWho(who, language)}
                <div class="small muted">{because}</div>
              </>
            ),
          },
          { head: t("stations"), cell: ({ stations }) => describeStations(stations, language) },
          {
            head: t("deviceRole"),
            cell: ({ deviceRoles }) => deviceRoles.map((each) => deviceRoleWord(each, language)).join(", "),
          },
          {
            head: t("capabilities"),
            cell: ({ capabilities }) => capabilities.map((each) => capabilityWord(each, language)).join(", "),
          },
          {
            head: t("when"),
            cell: ({ when }) => <State tone="info" icon="clock">{describeWhen(when, language)}</State>,
          },
          {
            head: t("limits"),
            cell: ({ maxMinutes, secondFactor, sources }) =>
              [t("minutes", { minutes: maxMinutes }), secondFactor && t("secondFactor"), sources?.join(" ")]
                .filter((part) => part).join(" · "),
          },
          ...mayRemove ? [{ head: "", cell: remove }] : [],
        ]}
      />
    </Card>
  );
}
