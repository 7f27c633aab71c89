import type { z } from "zod";
import { GatewayError } from "../../../core/errors.ts";
import {
  bringDeviceFirmware,
  checkDeviceDefaults,
  type DeviceCapabilities,
  downloadFromDevice,
  importDeviceSettings,
  listDeviceFiles,
  listDeviceJobs,
  proveDeviceAccount,
  readDeviceCapabilities,
  readDeviceFile,
  readDeviceSettings,
  readDeviceVersion,
  rebootDevice,
  setDevicePassword,
} from "../../api/device_work.ts";
import { Card, Empty, Notice, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Answer, Visit } from "../../context.ts";
import type { Operation } from "../../api/operation.ts";
import { approveDevicePin, retryDeviceLogin } from "../../api/device_trust.ts";
import { DEVICE_OPERATIONS } from "../../../core/device_operations_api.ts";
import { act } from "../act.ts";
import { deviceRoleWord } from "../access/grant_words.ts";
import type { Page } from "../page.ts";
import { ChangeCard, LookCard } from "./device_forms.tsx";
import { DEVICE } from "./device_texts.ts";
import { TrustCard } from "./device_trust.tsx";

/** Path of the page. */
export const devicePath = (station: string): string => `/stations/${encodeURIComponent(station)}/device`;

/** What drivers do at one controller: by themselves, begun here, watched here; steps for a person for the rest. */
export const device: Page = {
  path: "/stations/:station/device",
  title: { en: "Work at the controller", de: "Arbeiten am Controller" },
  needs: readDeviceCapabilities.needs,
  show: async (visit) => {
    const station = visit.params["station"]!, t = DEVICE.in(visit.language), title = t("title", { station });
    const crumb = { href: `/stations/${encodeURIComponent(station)}`, text: station };
    const known = await capabilitiesOf(visit, station);
    if (!known) {
      const none = t("none", { station });
      const body = (
        <>
          <PageHead title={none} crumb={crumb} />
          <Empty icon="unplug" title={none}>{t("noneDo")}</Empty>
        </>
      );
      return { title: none, status: 404, body };
    }
    return {
      title,
      body: (
        <div class="stack">
          <PageHead title={title} crumb={crumb} lead={t("lead")} />
          <div
            hx-ext="sse"
            sse-connect={`/live/device-work/${encodeURIComponent(station)}`}
            sse-swap="part"
            hx-swap="innerHTML"
          >
            {await jobsPart(visit)}
          </div>
          <div class="columns wide-first">
            <div class="stack">
              <CanCard visit={visit} known={known} />
              {visit.person.may(listDeviceFiles.needs) && <FilesCard visit={visit} station={station} />}
            </div>
            <div class="stack">
              <TrustCard visit={visit} station={station} />
              <LookCard visit={visit} station={station} known={known} />
              <ChangeCard visit={visit} station={station} known={known} />
            </div>
          </div>
        </div>
      ),
    };
  },
  acts: [
    said("version", readDeviceVersion),
    said("prove", proveDeviceAccount),
    said("reboot", rebootDevice),
    said("password", setDevicePassword),
    said("certificate", approveDevicePin),
    said("login-retry", retryDeviceLogin),
    act(
      "/stations/:station/device/check",
      checkDeviceDefaults,
      (visit, { text, isOpen }, { station }) => outcome(visit, station, text, isOpen ? "bad" : "good"),
    ),
    act(
      "/stations/:station/device/settings",
      readDeviceSettings,
      (visit, { settings }, { station }) => settingsPage(visit, station, Object.entries(settings)),
    ),
    begun("download", downloadFromDevice),
    begun("firmware", bringDeviceFirmware),
    begun("import", importDeviceSettings),
  ],
};

/** Work that was begun at the controller: a part that keeps itself up to date. */
export async function jobsPart(visit: Visit) {
  const t = DEVICE.in(visit.language), station = visit.params["station"]!;
  const jobs = await listDeviceJobs.call(visit.person, { station });
  const tones: Readonly<Record<(typeof jobs)[number]["state"], Tone>> = {
    running: "info",
    done: "good",
    failed: "bad",
  };
  return (
    <Card title={t("jobs")} lead={t("jobsLead")} flush>
      <Table
        caption={t("jobs")}
        rows={jobs}
        empty={<Empty icon="clock" title={t("noJobs")} />}
        columns={[
          { head: t("work"), cell: ({ what }) => wordOf(visit, what) },
          {
            head: t("state"),
            cell: ({ state, bytes, ofBytes }) => (
              <>
                <State tone={tones[state]}>{t(`job.${state}`)}</State>
                {state === "running" && ofBytes !== undefined && (
                  <div class="small muted number">{t("of", progressOf(bytes ?? 0, ofBytes))}</div>
                )}
              </>
            ),
          },
          { head: t("end"), cell: ({ text }) => text ? <span lang="en">{text}</span> : "–" },
          { head: t("who"), cell: ({ who }) => who },
          { head: t("since"), cell: ({ at }) => <Ago at={at} style={visit.time} /> },
        ]}
      />
    </Card>
  );
}

const progressOf = (bytes: number, of: number) => ({
  percent: String(of === 0 ? 0 : Math.floor(100 * bytes / of)),
  size: (of / 1e6).toFixed(1),
});

function wordOf({ language }: Visit, what: string): string {
  const known = DEVICE_OPERATIONS.find((each) => each === what);
  return known ? DEVICE.in(language)(`op.${known}`) : what;
}

async function capabilitiesOf(visit: Visit, station: string): Promise<DeviceCapabilities | undefined> {
  try {
    return await readDeviceCapabilities.call(visit.person, { station });
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : "";
    if (code === "UI_NO_PAGES" || code === "STATION_UNKNOWN") return undefined;
    throw error;
  }
}

function CanCard({ visit, known }: { visit: Visit; known: DeviceCapabilities }) {
  const t = DEVICE.in(visit.language);
  return (
    <Card title={t("can")} lead={`${t("driver")}: ${known.driver}`} flush>
      <Table
        caption={t("can")}
        rows={DEVICE_OPERATIONS}
        columns={[
          { head: t("work"), cell: (each) => t(`op.${each}`) },
          {
            head: t("by"),
            cell: (each) => {
              const role = known.needs[each];
              if (!known.can.includes(each)) return <span class="small">{known.steps[each]?.[visit.language]}</span>;
              return (
                <State tone="good">
                  {role ? t("self", { role: deviceRoleWord(role, visit.language) }) : t("selfOwn")}
                </State>
              );
            },
          },
        ]}
      />
    </Card>
  );
}

async function FilesCard({ visit, station }: { visit: Visit; station: string }) {
  const t = DEVICE.in(visit.language);
  const files = (await listDeviceFiles.call(visit.person, {})).filter((file) => file.station === station);
  return (
    <Card title={t("files")} lead={t("filesLead")} flush>
      <Table
        caption={t("files")}
        rows={files}
        empty={<Empty icon="audit" title={t("noFiles")} />}
        columns={[
          {
            head: t("file"),
            cell: ({ id, fileName }) =>
              visit.person.may(readDeviceFile.needs)
                ? <a href={`${devicePath(station)}/files/${encodeURIComponent(id)}`}>{fileName}</a>
                : fileName,
          },
          { head: t("size"), cell: ({ bytes }) => `${(bytes / 1e6).toFixed(2)} MB` },
          { head: t("who"), cell: ({ who }) => who },
          { head: t("since"), cell: ({ at }) => <Ago at={at} style={visit.time} /> },
        ]}
      />
    </Card>
  );
}

/** A form whose answer is a sentence, shown over the page. */
function said<Input extends z.ZodObject, Output extends z.ZodType>(verb: string, operation: Operation<Input, Output>) {
  return act(`/stations/:station/device/${verb}`, operation, (visit, output) => ({
    see: devicePath(visit.params["station"]!),
    flash: { tone: "good", text: (output as { readonly text: string }).text },
  }));
}

/** A form that begins something. */
function begun<Input extends z.ZodObject, Output extends z.ZodType>(verb: string, operation: Operation<Input, Output>) {
  return act(`/stations/:station/device/${verb}`, operation, (visit) => ({
    see: devicePath(visit.params["station"]!),
    flash: { tone: "good", text: DEVICE.in(visit.language)("begun") },
  }));
}

function outcome(visit: Visit, station: string, text: string, tone: Tone): Answer {
  const t = DEVICE.in(visit.language);
  return {
    title: t("answer"),
    body: (
      <div class="stack">
        <PageHead title={t("check")} crumb={{ href: devicePath(station), text: t("back") }} />
        <Notice tone={tone} {...tone === "bad" ? { title: t("checkBad") } : {}} live>
          <pre lang="en">{text}</pre>
        </Notice>
      </div>
    ),
  };
}

function settingsPage(visit: Visit, station: string, rows: readonly (readonly [string, string])[]): Answer {
  const t = DEVICE.in(visit.language), title = t("settingsOf", { station });
  return {
    title,
    body: (
      <div class="stack">
        <PageHead title={title} crumb={{ href: devicePath(station), text: t("back") }} />
        <Card flush>
          <Table
            caption={title}
            rows={rows}
            empty={<Empty icon="info" title={t("noSettings")} />}
            columns={[
              { head: t("setting"), cell: ([name]) => <span class="mono">{name}</span> },
              { head: t("value"), cell: ([, value]) => <span class="mono">{value}</span> },
            ]}
          />
        </Card>
      </div>
    ),
  };
}
