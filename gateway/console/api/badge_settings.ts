import { z } from "zod";
import { OFFLINE_SETTINGS } from "../../../policies/offline_settings.ts";
import { operation } from "./operation.ts";

const Exposure = z.enum(["everybody", "known", "nobody", "unknown"]);

/** Whom a station lets charge while it is cut off. */
export const ExposureRow = z.object({ station: z.string(), exposure: Exposure, at: z.string().nullable() });
/** Whom a station lets charge while it is cut off. */
export type ExposureRow = z.infer<typeof ExposureRow>;

/** Stations with whom they let charge by themselves. */
export const listExposures = operation({
  id: "listOfflineExposures",
  method: "get",
  path: "/badges/settings",
  tag: "badges",
  summary: "Whom each station lets charge by itself while it is cut off, as it was read last",
  needs: "command badge settings",
  input: z.object({}),
  output: z.array(ExposureRow),
  call: async (person) => z.array(ExposureRow).parse((await person.run("badge settings")).data),
});

/** All settings of one station. */
export const StationOffline = z.object({
  station: z.string(),
  exposure: Exposure,
  at: z.string().nullable(),
  isConnected: z.boolean(),
  listVersion: z.number().int().nullable().describe("Version of the list that its CSMS gave it; never changed here"),
  settings: z.array(z.object({
    id: z.string(),
    name: z.string().describe("As the station names it"),
    value: z.string(),
    on: z.boolean().nullable(),
    strict: z.boolean().describe("The safer value"),
    why: z.string().nullable(),
  })),
});
/** All settings of one station. */
export type StationOffline = z.infer<typeof StationOffline>;

/** Reads the settings of a station. */
export const showOffline = operation({
  id: "showOfflineSettings",
  method: "get",
  path: "/stations/{station}/badge-settings",
  tag: "badges",
  summary: "What a station allows by itself while it is cut off; read anew when it is connected",
  needs: "command badge settings",
  input: z.object({ station: z.string().min(1).max(48) }),
  output: StationOffline,
  call: async (person, { station }) => StationOffline.parse((await person.run("badge settings", { station })).data),
});

/** Changes one setting of a station. */
export const changeOffline = operation({
  id: "changeOfflineSetting",
  method: "post",
  path: "/stations/{station}/badge-settings",
  tag: "badges",
  summary: "Changes one setting of a station and reads it back",
  needs: "command badge set",
  input: z.object({
    station: z.string().min(1).max(48),
    setting: z.enum(OFFLINE_SETTINGS.map(({ id }) => id) as [string, ...string[]]),
    value: z.enum(["true", "false"]),
    reason: z.string().min(1).max(200).describe("Why"),
  }),
  output: z.object({ text: z.string(), isDone: z.boolean() }),
  call: async (person, { station, ...input }) => {
    const { text, ok } = await person.run("badge set", { station, ...input });
    return { text, isDone: ok !== false };
  },
});

/** All of them, as the registry lists them. */
export const BADGE_SETTING_OPERATIONS = [listExposures, showOffline, changeOffline] as const;
