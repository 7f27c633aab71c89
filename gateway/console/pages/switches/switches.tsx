import { lookAtSwitches, readSwitches, type SwitchesView } from "../../api/switches.ts";
import { Disclosure, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { SWITCHES } from "./texts.ts";

/** Switches: where every station hangs, the ports of each switch, and what the box's own cables end in. */
export const switches: Page = {
  path: "/switches",
  title: { en: "Switch ports", de: "Switch-Ports" },
  nav: { group: "network", icon: "plug" },
  needs: readSwitches.needs,
  show: async (visit) => {
    const t = SWITCHES.in(visit.language);
    const view = await readSwitches.call(visit.person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("switches")} flush aside={<Look visit={visit} view={view} />}>
            <Switches visit={visit} view={view} />
          </Card>
          {view.switches.length > 0 && (
            <Card title={t("stations")} flush>
              <Stations visit={visit} view={view} />
            </Card>
          )}
          {view.switches.filter(({ ports }) => ports.length > 0).map((one) => (
            <Disclosure summary={t("portsOf", { id: one.id })}>
              <Ports visit={visit} ports={one.ports} caption={t("portsOf", { id: one.id })} />
            </Disclosure>
          ))}
          <Card title={t("cables")} lead={t("cablesLead")} flush>
            <Cables visit={visit} view={view} />
          </Card>
        </div>
      ),
    };
  },
  acts: [
    act("/switches/look", lookAtSwitches, (visit) => ({
      see: "/switches",
      flash: { tone: "good", text: SWITCHES.in(visit.language)("looked") },
    })),
  ],
};

function Look({ visit, view }: { visit: Visit; view: SwitchesView }) {
  if (view.switches.length === 0) return null;
  return (
    <Form action="/switches/look" token={visit.token}>
      <Submit kind="quiet" small>{SWITCHES.in(visit.language)("look")}</Submit>
    </Form>
  );
}

function Switches({ visit, view }: { visit: Visit; view: SwitchesView }) {
  const t = SWITCHES.in(visit.language);
  return (
    <Table
      caption={t("switches")}
      rows={view.switches}
      empty={<Empty icon="plug" title={t("noSwitch")}>{t("noSwitchDo")}</Empty>}
      columns={[
        { head: t("switch"), cell: ({ id }) => id },
        { head: t("itself"), cell: ({ name }) => name || "–" },
        { head: t("state"), cell: (row) => <SwitchState visit={visit} row={row} /> },
        { head: t("devices"), cell: ({ devices }) => <span class="number">{devices}</span> },
        { head: t("lastRead"), cell: ({ readAt }) => readAt === null ? "–" : <Ago at={readAt} style={visit.time} /> },
      ]}
    />
  );
}

function SwitchState({ visit, row }: { visit: Visit; row: SwitchesView["switches"][number] }) {
  const t = SWITCHES.in(visit.language);
  const { fault, readAt, isCut } = row;
  if (fault !== null) {
    return (
      <>
        <State tone="bad">{t("away")}</State>
        <div class="small muted" lang="en">{fault}</div>
      </>
    );
  }
  if (readAt === null) return <State tone="off">{t("notYet")}</State>;
  return isCut ? <State tone="warn">{t("cut")}</State> : <State tone="good">{t("read")}</State>;
}

type Place = SwitchesView["stations"][number];
const PLACE_TONES: Readonly<Record<Place["state"], Tone>> = {
  ok: "good",
  bad: "bad",
  unknown: "off",
  "not used": "off",
};

function Stations({ visit, view }: { visit: Visit; view: SwitchesView }) {
  const t = SWITCHES.in(visit.language);
  return (
    <Table
      caption={t("stations")}
      rows={view.stations}
      empty={<Empty icon="plug" title={t("noStation")}>{t("noStationDo")}</Empty>}
      columns={[
        {
          head: t("station"),
          cell: ({ station }) => <a href={`/stations/${encodeURIComponent(station)}`}>{station}</a>,
        },
        { head: t("mac"), cell: ({ mac }) => <span class="mono">{mac ?? "–"}</span> },
        { head: t("state"), cell: ({ state }) => <State tone={PLACE_TONES[state]}>{t(`place.${state}`)}</State> },
        {
          head: t("where"),
          cell: ({ detail, fix }) => (
            <span lang="en">
              {detail}
              {fix !== undefined && <div class="small muted">{fix}</div>}
            </span>
          ),
        },
      ]}
    />
  );
}

function Ports(
  { visit, ports, caption }: { visit: Visit; ports: SwitchesView["switches"][number]["ports"]; caption: string },
) {
  const t = SWITCHES.in(visit.language);
  return (
    <Table
      caption={caption}
      rows={ports}
      empty={<span />}
      columns={[
        {
          head: t("port"),
          cell: ({ name, alias }) => (
            <>
              <span class="mono">{name}</span>
              {alias !== undefined && <div class="small muted">{alias}</div>}
            </>
          ),
        },
        {
          head: t("link"),
          cell: ({ isUp }) =>
            isUp === undefined
              ? "–"
              : isUp
              ? <State tone="good">{t("up")}</State>
              : <State tone="off">{t("down")}</State>,
        },
        { head: t("devices"), cell: ({ devices }) => <span class="number">{devices}</span> },
        { head: t("neighbour"), cell: ({ neighbour }) => neighbour ?? "–" },
      ]}
    />
  );
}

function Cables({ visit, view }: { visit: Visit; view: SwitchesView }) {
  const t = SWITCHES.in(visit.language);
  const empty = view.isListening
    ? <Empty icon="plug" title={t("nobody")}>{t("nobodyDo")}</Empty>
    : <Empty icon="unplug" title={t("notListening")}>{t("notListeningDo")}</Empty>;
  return (
    <Table
      caption={t("cables")}
      rows={view.neighbours}
      empty={empty}
      columns={[
        { head: t("interface"), cell: ({ interface: name }) => <span class="mono">{name}</span> },
        { head: t("neighbour"), cell: ({ name, chassis }) => name ?? chassis },
        { head: t("port"), cell: ({ portDescription, port }) => portDescription ?? port },
        { head: t("vlan"), cell: ({ vlan }) => <span class="number">{vlan ?? "–"}</span> },
        { head: t("address"), cell: ({ address }) => <span class="mono">{address ?? "–"}</span> },
      ]}
    />
  );
}
