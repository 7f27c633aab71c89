import {
  adoptDevice,
  type DhcpStatus,
  type LeaseRow,
  listDhcpLeases,
  listUnknownDevices,
  readDhcpStatus,
  type UnknownDevice,
} from "../../api/network.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { NETWORK } from "./texts.ts";

/** Addresses of the OT zones: zones, unknown devices with one-click adoption, conflicts and foreign servers, leases. */
export const network: Page = {
  path: "/network",
  title: { en: "Addresses", de: "Adressen" },
  nav: { group: "network", icon: "network" },
  needs: listDhcpLeases.needs,
  show: async (visit) => {
    const t = NETWORK.in(visit.language);
    const may = (needs: string) => visit.person.may(needs);
    const [leases, unknown, status] = await Promise.all([
      listDhcpLeases.call(visit.person, {}),
      may(listUnknownDevices.needs) ? listUnknownDevices.call(visit.person, {}) : [],
      may(readDhcpStatus.needs) ? readDhcpStatus.call(visit.person, {}) : { states: [], sights: [] },
    ]);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("zones")} flush>
            <Zones visit={visit} status={status} />
          </Card>
          <Card title={t("inbox")} lead={t("inboxLead")} flush>
            <Unknown visit={visit} rows={unknown} />
          </Card>
          <Card title={t("sights")} flush>
            <Sights visit={visit} status={status} />
          </Card>
          <Card title={t("leases")} flush>
            <Leases visit={visit} rows={leases} />
          </Card>
        </div>
      ),
    };
  },
  acts: [
    act("/network/:mac/adopt", adoptDevice, (visit, _, { mac }) => ({
      see: "/network",
      flash: { tone: "good", text: NETWORK.in(visit.language)("adopted", { mac }) },
    })),
  ],
};

function Zones({ visit, status }: { visit: Visit; status: DhcpStatus }) {
  const t = NETWORK.in(visit.language);
  return (
    <Table
      caption={t("zones")}
      rows={status.states.flatMap(({ zones }) => zones)}
      empty={<Empty icon="network" title={t("noZone")}>{t("noZoneDo")}</Empty>}
      columns={[
        { head: t("zone"), cell: ({ zone }) => zone },
        { head: t("mode"), cell: ({ mode }) => modeText(t, mode) },
        {
          head: t("state"),
          cell: ({ state }) =>
            state === "serving" ? <State tone="good">{t("serving")}</State> : (
              <State tone="bad">
                <span lang="en">{state}</span>
              </State>
            ),
        },
        { head: t("leases"), cell: ({ leases }) => <span class="number">{leases}</span> },
      ]}
    />
  );
}

function modeText(t: ReturnType<typeof NETWORK.in>, mode: string): string {
  return mode === "server" || mode === "relay" || mode === "monitor" ? t(`mode.${mode}`) : mode;
}

function Unknown({ visit, rows }: { visit: Visit; rows: readonly UnknownDevice[] }) {
  const t = NETWORK.in(visit.language);
  return (
    <Table
      caption={t("inbox")}
      rows={rows}
      empty={<Empty icon="inbox" title={t("inboxEmpty")}>{t("inboxEmptyDo")}</Empty>}
      columns={[
        { head: t("mac"), cell: ({ mac }) => <span class="mono">{mac}</span> },
        {
          head: t("itself"),
          cell: ({ hostname, vendorClass }) => (
            <>
              {hostname ?? "–"}
              {vendorClass && <div class="small muted">{vendorClass}</div>}
            </>
          ),
        },
        { head: t("zone"), cell: ({ zone }) => zone },
        { head: t("asked"), cell: ({ count }) => <span class="number">{count}</span> },
        { head: t("lastSeen"), cell: ({ lastSeen }) => <Ago at={lastSeen} style={visit.time} /> },
        { head: "", cell: (row) => <AdoptForm visit={visit} row={row} /> },
      ]}
    />
  );
}

/** One click takes an address of the pool; a fixed one takes two. */
function AdoptForm({ visit, row: { mac, hostname } }: { visit: Visit; row: UnknownDevice }) {
  if (!visit.person.may(adoptDevice.needs)) return null;
  const t = NETWORK.in(visit.language);
  const action = `/network/${encodeURIComponent(mac)}/adopt`;
  return (
    <>
      <Form action={action} token={visit.token}>
        <Submit small>{t("adopt")}</Submit>
      </Form>
      <Disclosure summary={t("adoptFixed")} small>
        <Form action={action} token={visit.token}>
          <Field name="address" scope={mac} label={t("adoptAddress")} mono />
          <Field name="name" scope={mac} label={t("adoptName")} value={hostname ?? ""} />
          <Submit>{t("adopt")}</Submit>
        </Form>
      </Disclosure>
    </>
  );
}

const SIGHT_TONES: Readonly<Record<DhcpStatus["sights"][number]["kind"], Tone>> = {
  "foreign-server": "bad",
  conflict: "warn",
  changed: "warn",
};

function Sights({ visit, status }: { visit: Visit; status: DhcpStatus }) {
  const t = NETWORK.in(visit.language);
  return (
    <Table
      caption={t("sights")}
      rows={status.sights}
      empty={<Empty icon="check" title={t("noSight")}>{t("noSightDo")}</Empty>}
      columns={[
        { head: t("what"), cell: ({ kind }) => <State tone={SIGHT_TONES[kind]}>{t(`sight.${kind}`)}</State> },
        {
          head: t("where"),
          cell: ({ subject, detail }) => (
            <>
              {subject}
              <div class="small muted" lang="en">{detail}</div>
            </>
          ),
        },
        { head: t("times"), cell: ({ count }) => <span class="number">{count}</span> },
        { head: t("lastSeen"), cell: ({ lastSeen }) => <Ago at={lastSeen} style={visit.time} /> },
      ]}
    />
  );
}

const LEASE_TONES: Readonly<Record<LeaseRow["state"], Tone>> = { bound: "good", released: "off", declined: "warn" };

function Leases({ visit, rows }: { visit: Visit; rows: readonly LeaseRow[] }) {
  const t = NETWORK.in(visit.language);
  return (
    <Table
      caption={t("leases")}
      rows={rows}
      empty={<Empty icon="network" title={t("noLease")}>{t("noLeaseDo")}</Empty>}
      columns={[
        { head: t("address"), cell: ({ address }) => <span class="mono">{address}</span> },
        { head: t("device"), cell: ({ device, hostname }) => device ?? hostname ?? "–" },
        { head: t("mac"), cell: ({ mac }) => <span class="mono">{mac}</span> },
        { head: t("zone"), cell: ({ zone }) => zone },
        { head: t("state"), cell: ({ state }) => <State tone={LEASE_TONES[state]}>{t(`state.${state}`)}</State> },
        { head: t("until"), cell: ({ expiresAt }) => <Time at={expiresAt} style={visit.time} /> },
      ]}
    />
  );
}
