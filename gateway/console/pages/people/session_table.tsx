import type { SessionRow } from "../../api/people.ts";
import { Form, Submit } from "../../components/form.tsx";
import { State, Table } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { PEOPLE } from "./texts.ts";

/** Living sessions, each with what ends it. */
export function SessionTable(
  { visit, rows, action }: { visit: Visit; rows: readonly SessionRow[]; action: (id: string) => string },
) {
  const t = PEOPLE.in(visit.language);
  const own = visit.person.session.id;
  return (
    <Table
      caption={t("sessions")}
      rows={rows}
      columns={[
        {
          head: t("person"),
          cell: ({ displayName, agent, id }) => (
            <>
              {displayName} {id === own && <State tone="info">{t("own")}</State>}
              <div class="small muted">{shortAgent(agent)}</div>
            </>
          ),
        },
        { head: t("from"), cell: ({ source }) => <span class="mono">{source}</span> },
        { head: t("since"), cell: ({ since }) => <Ago at={since} style={visit.time} /> },
        { head: t("activity"), cell: ({ lastActivity }) => <Ago at={lastActivity} style={visit.time} /> },
        {
          head: "",
          tight: true,
          cell: ({ id }) =>
            id === own ? "" : (
              <Form action={action(encodeURIComponent(id))} token={visit.token}>
                <Submit kind="danger" small>{t("end")}</Submit>
              </Form>
            ),
        },
      ]}
    />
  );
}

/** The browser's name out of what it says of itself. */
function shortAgent(agent: string): string {
  const name = /(Edg|Firefox|Chrome|Safari)\/(\d+)/.exec(agent);
  return name ? `${name[1] === "Edg" ? "Edge" : name[1]} ${name[2]}` : agent.slice(0, 60);
}
