import { listPublications, type PublicationRow } from "../../api/images.ts";
import { Card, Empty, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { IMAGES } from "./texts.ts";

const TONES: Readonly<Record<string, Tone>> = {
  published: "good",
  unpublished: "off",
  replaced: "off",
  held: "warn",
  asked: "info",
  fetching: "info",
};

/** Images that CSMSs had the gateway publish as their Local Controller (L03), and what became of each. */
export async function PublicationsCard({ visit }: { visit: Visit }) {
  const t = IMAGES.in(visit.language);
  const rows = await listPublications.call(visit.person, {});
  const wordOf = ({ state, outcome }: PublicationRow) => state === "ended" ? outcome ?? state : state;
  return (
    <Card title={t("publications")} lead={t("publicationsLead")} flush>
      <Table
        caption={t("publications")}
        rows={rows}
        empty={<Empty icon="policy" title={t("noPublications")} />}
        columns={[
          { head: "CSMS", cell: ({ csms }) => csms },
          {
            head: t("image"),
            cell: ({ sha256, checksum, location }) => (
              <>
                {sha256 === undefined
                  ? <span class="mono small">MD5 {checksum}</span>
                  : <a href={`/firmware/images/${sha256}`} class="mono small">{sha256.slice(0, 12)}</a>}
                <div class="small muted mono">{location}</div>
              </>
            ),
          },
          {
            head: t("state"),
            cell: (row) => (
              <>
                <State tone={TONES[wordOf(row)] ?? "bad"}>
                  <span lang="en">{wordOf(row)}</span>
                </State>
                {row.why !== undefined && <div class="small muted" lang="en">{row.why}</div>}
              </>
            ),
          },
          { head: t("told"), cell: ({ last }) => <span lang="en">{last}</span> },
          { head: t("asked"), cell: ({ startedAt }) => <Ago at={startedAt} style={visit.time} /> },
        ]}
      />
    </Card>
  );
}
