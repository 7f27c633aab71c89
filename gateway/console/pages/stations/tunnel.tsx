import type { z } from "zod";
import { listTunnels, openTunnel, type TunnelRow } from "../../api/tunnels.ts";
import { Disclosure, Field, Form, Select, Submit } from "../../components/form.tsx";
import { Card, Notice, PageHead } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import { TUNNEL } from "./tunnel_texts.ts";

/** Where a tunnel to this station may be opened: nothing is shown for one without declared ports. */
export async function TunnelCard({ visit, station }: { visit: Visit; station: string }) {
  const { person, token } = visit;
  if (!person.may(listTunnels.needs) || !person.may(openTunnel.needs)) return null;
  const t = TUNNEL.in(visit.language);
  const { declared, open } = await listTunnels.call(person, {});
  const ports = declared[station] ?? [];
  const own = open.filter((tunnel) => tunnel.station === station);
  if (ports.length === 0 && own.length === 0) return null;
  return (
    <Card title={t("title")} lead={t("lead")}>
      <OpenTunnels visit={visit} rows={own} />
      <Disclosure summary={t("open")}>
        <Form action={`/stations/${encodeURIComponent(station)}/tunnel`} token={token}>
          <Select
            name="port"
            scope="tunnel"
            label={t("port")}
            options={ports.map((port) => ({ value: String(port), text: String(port) }))}
          />
          <Field name="reason" scope="tunnel" label={t("reason")} required maxlength={200} />
          <Field name="minutes" scope="tunnel" label={t("minutes")} type="number" hint={t("minutesHint")} />
          <Submit>{t("open")}</Submit>
        </Form>
      </Disclosure>
    </Card>
  );
}

/** Tunnels that are open, with their bytes. */
export function OpenTunnels({ visit, rows }: { visit: Visit; rows: readonly TunnelRow[] }) {
  const t = TUNNEL.in(visit.language);
  if (rows.length === 0) return null;
  return (
    <ul class="log narrow">
      {rows.map(({ person, station, port, until, reason, ...counts }) => (
        <li>
          <div class="what">
            <strong>{person}</strong> · {t("row", { station, port })}
            <div class="small muted">{t("bytes", counts)}</div>
            <div class="small muted">
              {reason} · <Time at={until} style={visit.time} />
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** The form of the card; its answer shows the token, once. */
export const openTunnelAct = act("/stations/:station/tunnel", openTunnel, showToken);

function showToken(visit: Visit, { tunnel, token }: z.infer<typeof openTunnel.output>): Answer {
  const { station, port, until } = tunnel;
  const t = TUNNEL.in(visit.language);
  const title = t("opened", { station, port });
  const command = `connect ${station} --port ${port} --gateway https://${visit.person.host} --ca gateway-ca.pem`;
  return {
    title,
    body: (
      <div class="stack">
        <PageHead title={title} crumb={{ href: `/stations/${encodeURIComponent(station)}`, text: t("back") }} />
        <Notice tone="warn" live>{t("shown")}</Notice>
        <Card>
          <pre class="secret">{token}</pre>
          <p>
            <Time at={until} style={visit.time} />
          </p>
          <p>{t("how")}</p>
          <pre>{`BULKHEAD_TUNNEL_TOKEN=… deno task start ${command}`}</pre>
          <p class="small muted">
            {t("ca")} <a href="/certificates">gateway-ca.pem</a>
          </p>
        </Card>
      </div>
    ),
  };
}
