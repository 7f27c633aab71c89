import { Card, Empty, State } from "../../components/parts.tsx";
import type { AccessGrant } from "../../../../policies/access_types.ts";
import type { Visit } from "../../context.ts";
import { listGrants } from "../../api/access.ts";
import { describeWhen, describeWho, deviceRoleWord } from "../access/grant_words.ts";
import { STATION } from "./texts.ts";

/** Who may open the page of one station's controller, by the grants. */
export async function StationGrants({ visit, station }: { visit: Visit; station: string }) {
  if (!visit.person.may(listGrants.needs)) return null;
  const t = STATION.in(visit.language);
  const grants = (await visit.person.ask("people.grant.list", {})).filter((grant) => mayNameStation(grant, station));
  return (
    <Card title={t("grants")} flush aside={<a class="small" href="/access">{t("toAccess")}</a>}>
      {grants.length === 0
        ? <Empty icon="lock" title={t("noGrants")}>{t("noGrantsDo")}</Empty>
        : (
          <ul class="log narrow">
            {grants.map((grant) => (
              <li>
                <span>{describeWho(grant.who, visit.language)}</span>
                <span class="what">
                  {grant.deviceRoles.map((role) => deviceRoleWord(role, visit.language)).join(", ")}
                  <div class="small muted">{grant.because}</div>
                </span>
                <State tone="info" icon="clock">{describeWhen(grant.when, visit.language)}</State>
              </li>
            ))}
          </ul>
        )}
    </Card>
  );
}

/** Grants by unit or vendor may name it too; only control knows, so they are shown. */
function mayNameStation({ stations }: AccessGrant, station: string): boolean {
  if (stations.all || stations.ids?.includes(station)) return true;
  return stations.units !== undefined || stations.vendors !== undefined;
}
